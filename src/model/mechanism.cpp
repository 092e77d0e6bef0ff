#include "attnx/model/mechanism.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/model/visible.h"

namespace attnx::model {
namespace {

// How far a layer sees, told only where layers differ in it.
std::string_view reach(const ModelSpec& spec, const LayerSpec& layer) {
    const auto slides = [](const LayerSpec& other) { return other.sliding && attends(other); };
    if (layer.sliding) return spec.window.type == WindowType::chunked ? "chunked " : "sliding ";
    return std::ranges::any_of(spec.layers, slides) ? "full " : "";
}

std::string of_attention(const ModelSpec& spec, const LayerSpec& layer) {
    std::string name;
    if (layer.kind == LayerKind::compressed) name = fmt::format("compressed attention {}:1", *layer.compress_ratio);
    else name = fmt::format("{}{}attention", reach(spec, layer), layer.kind == LayerKind::mla ? "latent " : "");
    return layer.indexer ? name + " with indexer" : name;
}

}  // namespace

std::string mechanism(const ModelSpec& spec, const LayerSpec& layer) {
    switch (layer.kind) {
        case LayerKind::attention:
        case LayerKind::mla:
        case LayerKind::compressed: return of_attention(spec, layer);
        case LayerKind::attention_and_mamba2: return of_attention(spec, layer) + " beside Mamba-2";
        case LayerKind::mamba: return "Mamba";
        case LayerKind::mamba2: return "Mamba-2";
        case LayerKind::rwkv: return "RWKV";
        case LayerKind::delta: return "gated delta net";
        case LayerKind::kda: return "Kimi delta attention";
        case LayerKind::lightning: return "lightning attention";
        case LayerKind::short_conv: return "short convolution";
        case LayerKind::feed_forward: return "feed-forward only";
        case LayerKind::convolution: return "convolution";
        case LayerKind::linear: return "one matrix for attention";
        case LayerKind::empty: return "empty";
    }
    return {};
}

std::vector<bool> owners_of_kv(const ModelSpec& spec) {
    std::vector<bool> owners(spec.layers.size(), false);
    for (const CachePlan& cache : spec.memory.caches) {
        if (cache.cells == CellRule::fixed) continue;
        for (const CacheLayer& kept : cache.layers)
            if (kept.layer < owners.size() && kept.key_elements + kept.value_elements > 0) owners[kept.layer] = true;
    }
    return owners;
}

}  // namespace attnx::model
