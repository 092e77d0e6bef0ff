// Sparse attention chooses the tokens worth attending to with an indexer, which keeps keys of its own: one
// head. DeepSeek's (llama-kv-cache-dsa.cpp) keeps K only; MiniMax-M3's (llama-kv-cache-msa.cpp) allocates a V
// too, which nothing uses.
#include "mixer.h"

namespace attnx::model {

CachePlan indexer_cache(const Draft& draft, const LayerIndices& layers, bool key_only) {
    CachePlan cache;
    cache.kind = CacheKind::indexer;
    cache.label = "indexer keys";
    for (const std::uint32_t layer : layers) {
        CacheLayer kept;
        kept.layer = layer;
        kept.key_elements = draft.indexer_key_length;
        if (!key_only) kept.value_elements = kept.value_elements_without_flash = draft.head_v;
        cache.layers.push_back(kept);
    }
    return cache;
}

}  // namespace attnx::model
