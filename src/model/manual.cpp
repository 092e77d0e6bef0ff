#include "attnx/model/manual.h"

#include <fmt/format.h>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "layers.h"
#include "memory_plan.h"
#include "read.h"

namespace attnx::model {
namespace {

[[noreturn]] void reject(std::string message) { throw Error(ErrorCode::bad_geometry, std::move(message)); }

void require(bool given, std::string_view what) {
    if (!given) reject(fmt::format("the geometry lacks {}", what));
}

// One row per token takes the place of K and V.
void complete_latent(ManualGeometry& geometry) {
    if (geometry.latent_rank == 0) return;
    if (geometry.kv_heads > 1) reject("latent attention has one KV head");
    geometry.kv_heads = 1;
    if (geometry.heads == 0) geometry.heads = 1;
    if (geometry.head_dim == 0) {
        const auto row = checked_add(geometry.latent_rank, geometry.rope_dimensions);
        if (!row) reject("the latent row does not fit in 32 bits");
        geometry.head_dim = *row;
    }
    if (geometry.head_dim_v == 0) geometry.head_dim_v = geometry.latent_rank;
}

ManualGeometry completed(ManualGeometry geometry) {
    require(geometry.layers != 0, "--layers");
    if (geometry.layers > kMaxLayers)
        reject(fmt::format("{} layers: llama.cpp takes at most {}", geometry.layers, kMaxLayers));
    complete_latent(geometry);
    require(geometry.heads != 0 || geometry.kv_heads != 0, "--kv-heads (or --heads)");
    if (geometry.heads == 0) geometry.heads = geometry.kv_heads;
    if (geometry.kv_heads == 0) geometry.kv_heads = geometry.heads;
    if (geometry.heads % geometry.kv_heads != 0)
        reject(fmt::format("{} heads cannot share {} KV heads evenly", geometry.heads, geometry.kv_heads));
    if (geometry.head_dim == 0) geometry.head_dim = geometry.embedding / geometry.heads;
    require(geometry.head_dim != 0, "--head-dim");
    if (geometry.window_period != 0) require(geometry.window != 0, "--window, which --window-period is about");
    if (geometry.head_dim_v == 0) geometry.head_dim_v = geometry.head_dim;
    if (geometry.rope_dimensions == 0) geometry.rope_dimensions = geometry.head_dim;
    if (geometry.embedding == 0) {
        const auto width = checked_multiply(geometry.heads, geometry.head_dim);
        if (!width) reject("heads times head dim do not fit in 32 bits");
        geometry.embedding = *width;
    }
    return geometry;
}

Draft draft_of(const ManualGeometry& geometry) {
    Draft draft;
    draft.block_count = draft.layer_count_all = geometry.layers;
    draft.embedding = geometry.embedding;
    draft.context = geometry.context;
    draft.head_count.assign(geometry.layers, geometry.heads);
    draft.head_count_kv.assign(geometry.layers, geometry.kv_heads);
    draft.feed_forward.assign(geometry.layers, geometry.feed_forward);
    draft.begin_layers(geometry.layers);
    draft.head_k = draft.head_k_sliding = geometry.head_dim;
    draft.head_v = draft.head_v_sliding = geometry.head_dim_v;
    draft.rope_dimensions = draft.rope_dimensions_sliding = geometry.rope_dimensions;
    if (geometry.latent_rank != 0) {
        draft.key_value_rank = geometry.latent_rank;
        draft.head_k_mla = geometry.head_dim;
        draft.head_v_mla = geometry.head_dim_v;
    }
    if (geometry.window == 0) return draft;
    draft.window = {WindowType::standard, geometry.window};
    for (std::uint32_t i = 0; i < geometry.layers; ++i)
        draft.sliding[i] = slides(i, geometry.window_period, geometry.window_first_full);
    return draft;
}

void log_given(const ManualGeometry& geometry, Hparams& log) {
    const auto assume = [&](std::string_view field, std::uint32_t value) {
        log.fact(field, std::to_string(value), Source::assumed, "given by hand");
    };
    assume("layer_count", geometry.layers);
    assume("head_count", geometry.heads);
    assume("head_count_kv", geometry.kv_heads);
    assume("head_dim_k", geometry.head_dim);
    assume("head_dim_v", geometry.head_dim_v);
    if (geometry.window != 0) assume("sliding_window/size", geometry.window);
}

}  // namespace

ModelSpec build_spec(const ManualGeometry& given) {
    const ManualGeometry geometry = completed(given);
    const Draft draft = draft_of(geometry);
    const ArchTraits row;
    const gguf::Metadata no_keys;
    Hparams log(no_keys, "");

    ModelSpec spec;
    spec.support = Support::by_hand;
    spec.layer_count = spec.layer_count_all = spec.block_count = geometry.layers;
    spec.context_length = geometry.context;
    spec.embedding_length = geometry.embedding;
    spec.vocabulary_size = geometry.vocabulary;
    spec.mla = draft.compressed_latent();
    if (spec.mla) spec.latent = LatentSpec{0, draft.key_value_rank, draft.head_k_mla, draft.head_v_mla};
    spec.window = draft.window;
    spec.rope.dimension_count = draft.rope_dimensions;
    spec.layers = describe_layers(row, draft, Census{}, log);
    spec.memory = plan_memory(row, draft, log);
    spec.memory.refusals = log.reasons();
    log_given(geometry, log);
    spec.provenance = std::move(log.facts);
    return spec;
}

}  // namespace attnx::model
