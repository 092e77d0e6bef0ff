// Sparse attention chooses the tokens worth attending to with an indexer, which keeps keys of its own: one
// head. DeepSeek's (llama-kv-cache-dsa.cpp) keeps K only; MiniMax-M3's (llama-kv-cache-msa.cpp) allocates a V
// too, which nothing uses. Hybrids keep pooled keys, and gates, beside the raw ones (llama-memory-hybrid-idx.cpp).
#include <algorithm>

#include "mixer.h"

namespace attnx::model {

CachePlan indexer_cache(const Draft& draft, const LayerIndices& layers, bool key_only) {
    CachePlan cache;
    cache.kind = CacheKind::indexer;
    cache.label = "indexer keys";
    const std::uint32_t row = draft.indexer_key_length * std::max(draft.index_rows, 1U);
    // Layers that slide keep the rows of their kind.
    const auto width = [&](std::uint32_t layer) { return draft.sliding[layer] ? draft.head_k_sliding : row; };
    LayerIndices keys;
    for (const std::uint32_t layer : layers) {
        CacheLayer kept;
        kept.layer = layer;
        kept.key_elements = width(layer);
        keys.push_back(width(layer));
        if (!key_only) kept.value_elements = kept.value_elements_without_flash = draft.head_v;
        cache.layers.push_back(kept);
    }
    set_key_matrix(keys, width(0), draft.rotates_index_keys, cache);
    if (!key_only) set_value_matrix(LayerIndices(layers.size(), draft.head_v), draft.head_v, cache);
    return cache;
}

}  // namespace attnx::model
