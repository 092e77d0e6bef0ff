// Softmax attention keeps K and V of each KV head per token. Multi-head latent attention may instead keep one
// compressed row from which both are rebuilt: K only (llama-kv-cache.cpp). Layers with a window live in a cache of
// their own, whose size follows the window (llama-kv-cache-iswa.cpp).
#include <algorithm>

#include "mixer.h"

namespace attnx::model {
namespace {

void set_matrices(const Draft& draft, bool key_only, CachePlan& cache) {
    LayerIndices keys, values;
    for (const CacheLayer& kept : cache.layers) {
        keys.push_back(draft.head_dim_k(kept.layer));
        values.push_back(draft.head_dim_v(kept.layer));
    }
    set_key_matrix(keys, draft.head_dim_k(0), draft.always_rotated(), cache);
    if (!key_only) set_value_matrix(values, draft.head_dim_v(0), cache);
}

void add(const Draft& draft, const LayerIndices& layers, bool key_only, bool sliding, std::vector<CachePlan>& caches) {
    if (layers.empty()) return;
    CachePlan cache;
    cache.kind = sliding ? CacheKind::sliding : CacheKind::full;
    cache.label = sliding ? "sliding window" : key_only ? "compressed rows, K only" : "full";
    cache.cells = sliding ? CellRule::window : CellRule::context;
    cache.window = sliding ? draft.window.size : 0;
    for (const std::uint32_t layer : layers) cache.layers.push_back(attention_cache(draft, layer, key_only));
    set_matrices(draft, key_only, cache);
    caches.push_back(std::move(cache));
}

}  // namespace

CacheLayer attention_cache(const Draft& draft, std::uint32_t layer, bool key_only) {
    CacheLayer kept;
    kept.layer = layer;
    kept.key_elements = draft.key_row(layer);
    if (key_only) return kept;
    kept.value_elements = draft.value_row(layer);
    // Transposed V rows take the width of the widest layer of the whole model.
    for (std::uint32_t i = 0; i < draft.layer_count_all; ++i)
        kept.value_elements_without_flash = std::max(kept.value_elements_without_flash, draft.value_row(i));
    return kept;
}

void add_plain_cache(const Draft& draft, const LayerIndices& layers, bool key_only, std::vector<CachePlan>& caches) {
    add(draft, layers, key_only, false, caches);
}

void add_attention_caches(const Draft& draft, const LayerIndices& layers, bool key_only,
                          std::vector<CachePlan>& caches) {
    if (draft.window.type == WindowType::none) return add_plain_cache(draft, layers, key_only, caches);
    for (const bool sliding : {false, true}) {
        LayerIndices half = layers;
        std::erase_if(half, [&](std::uint32_t layer) { return draft.sliding[layer] != sliding; });
        add(draft, half, key_only, sliding, caches);
    }
}

}  // namespace attnx::model
