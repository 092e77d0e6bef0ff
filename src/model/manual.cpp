#include "attnx/model/manual.h"

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::model {
namespace {

constexpr std::uint32_t kMostLayers = 512;  // as llama.cpp, LLAMA_MAX_LAYERS

ManualGeometry completed(ManualGeometry geometry) {
    const auto require = [](bool given, const char* what) {
        if (!given) throw Error(ErrorCode::bad_geometry, fmt::format("the geometry lacks {}", what));
    };
    require(geometry.layers != 0, "--layers");
    require(geometry.heads != 0 || geometry.kv_heads != 0, "--kv-heads (or --heads)");
    require(geometry.head_dim != 0, "--head-dim");
    if (geometry.layers > kMostLayers)
        throw Error(ErrorCode::bad_geometry, fmt::format("{} layers: llama.cpp takes at most {}", geometry.layers, kMostLayers));
    if (geometry.window_period != 0) require(geometry.window != 0, "--window, which --window-period is about");
    if (geometry.heads == 0) geometry.heads = geometry.kv_heads;
    if (geometry.kv_heads == 0) geometry.kv_heads = geometry.heads;
    if (geometry.heads % geometry.kv_heads != 0)
        throw Error(ErrorCode::bad_geometry, fmt::format("{} heads cannot share {} KV heads evenly", geometry.heads, geometry.kv_heads));
    if (geometry.head_dim_v == 0) geometry.head_dim_v = geometry.head_dim;
    if (geometry.embedding == 0) {
        const std::uint64_t width = std::uint64_t{geometry.heads} * geometry.head_dim;
        if (width > 0xFFFFFFFFu) throw Error(ErrorCode::bad_geometry, "heads times head dim do not fit in 32 bits");
        geometry.embedding = static_cast<std::uint32_t>(width);
    }
    return geometry;
}

LayerSpec layer_of(const ManualGeometry& geometry, std::uint32_t index) {
    LayerSpec layer;
    layer.index = index;
    layer.head_count = geometry.heads;
    layer.head_count_kv = geometry.kv_heads;
    layer.head_dim_k = layer.rope_dimensions = geometry.head_dim;
    layer.head_dim_v = geometry.head_dim_v;
    const bool last_of_group = geometry.window_period != 0 && index % geometry.window_period == geometry.window_period - 1;
    layer.sliding = geometry.window != 0 && !last_of_group;
    layer.feed_forward_length = geometry.feed_forward;
    return layer;
}

void add_cache(ModelSpec& spec, bool sliding) {
    CachePlan cache;
    cache.kind = sliding ? CacheKind::sliding : CacheKind::full;
    cache.cells = sliding ? CellRule::window : CellRule::context;
    cache.window = sliding ? spec.window.size : 0;
    for (const LayerSpec& layer : spec.layers) {
        if (layer.sliding != sliding) continue;
        const std::uint64_t values = std::uint64_t{layer.head_count_kv} * layer.head_dim_v;
        cache.layers.push_back({layer.index, std::uint64_t{layer.head_count_kv} * layer.head_dim_k, values, values, 0, 0});
    }
    if (!cache.layers.empty()) spec.memory.caches.push_back(std::move(cache));
}

}  // namespace

ModelSpec build_spec(const ManualGeometry& given) {
    const ManualGeometry geometry = completed(given);
    ModelSpec spec;
    spec.support = Support::by_hand;
    spec.layer_count = spec.layer_count_all = geometry.layers;
    spec.context_length = spec.memory.trained_context = geometry.context;
    spec.embedding_length = geometry.embedding;
    spec.vocabulary_size = geometry.vocabulary;
    if (geometry.window != 0) spec.window = {WindowType::standard, geometry.window};
    for (std::uint32_t i = 0; i < geometry.layers; ++i) {
        spec.layers.push_back(layer_of(geometry, i));
        spec.memory.head_dims_k.push_back(geometry.head_dim);
        spec.memory.head_dims_v.push_back(geometry.head_dim_v);
    }
    add_cache(spec, false);
    add_cache(spec, true);
    return spec;
}

}  // namespace attnx::model
