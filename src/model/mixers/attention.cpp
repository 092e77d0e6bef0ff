// Softmax attention keeps K and V of each KV head per token. Multi-head latent attention may instead keep one
// compressed row from which both are rebuilt: K only (llama-kv-cache.cpp:204-232). Layers with a window live
// in a cache of their own, whose size follows the window (llama-kv-cache-iswa.cpp:50-106).
#include <algorithm>

#include "mixer.h"

namespace attnx::model {
namespace {

CachePlan select(const Draft& draft, const LayerIndices& layers, bool key_only, bool sliding) {
    CachePlan cache;
    cache.kind = sliding ? CacheKind::sliding : CacheKind::full;
    cache.label = sliding ? "sliding window" : key_only ? "compressed rows, K only" : "full";
    cache.cells = sliding ? CellRule::window : CellRule::context;
    cache.window = sliding ? draft.window.size : 0;
    for (const std::uint32_t layer : layers)
        if (draft.sliding[layer] == sliding || draft.window.type == WindowType::none)
            cache.layers.push_back(attention_cache(draft, layer, key_only));
    return cache;
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

void add_attention_caches(const Draft& draft, const LayerIndices& layers, bool key_only,
                          std::vector<CachePlan>& caches) {
    if (draft.window.type == WindowType::none) {
        if (!layers.empty()) caches.push_back(select(draft, layers, key_only, false));
        return;
    }
    for (const bool sliding : {false, true})
        if (CachePlan cache = select(draft, layers, key_only, sliding); !cache.layers.empty())
            caches.push_back(std::move(cache));
}

}  // namespace attnx::model
