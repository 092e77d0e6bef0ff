// DeepSeek-V4 (llama-kv-cache-dsv4.cpp): raw rows within a window on every layer; rows compressed
// 4:1 (CSA) or 128:1 (HCA) where attention.compress_ratios says so, an indexer beside the former; and what
// the compressors have not yet emitted, as float32 states of two tensors (KV and score). One K head serves as
// V too, so no V anywhere. Always one stream per sequence, even with a unified cache.
//
// DeepSeek-V4.1 compresses 2:1 or 1:1; index keys stand in the compressed rows, which only some layers own.
#include <fmt/format.h>

#include "mixer.h"

namespace attnx::model {
namespace {

constexpr std::uint64_t kFinePlanes = 2 * kFineRatio, kCoarsePlanes = kCoarseRatio;

LayerIndices with_ratio(const Draft& draft, std::uint32_t ratio) {
    LayerIndices layers;
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i)
        if (draft.compress_ratios[i] == ratio) layers.push_back(i);
    return layers;
}

CachePlan rows(CacheKind kind, std::string label, std::uint32_t ratio) {
    CachePlan cache;
    cache.kind = kind;
    cache.label = std::move(label);
    cache.cells = CellRule::compressed;
    cache.ratio = ratio;
    cache.stream_per_sequence = true;
    return cache;
}

void add_states(std::string label, const LayerIndices& layers, std::uint64_t elements, std::vector<CachePlan>& caches) {
    if (layers.empty()) return;
    CachePlan cache;
    cache.kind = CacheKind::compressed;
    cache.label = std::move(label);
    cache.cells = CellRule::fixed;
    for (const std::uint32_t layer : layers) {
        CacheLayer kept;
        kept.layer = layer;
        kept.state_r_elements = kept.state_s_elements = elements;
        cache.layers.push_back(kept);
    }
    caches.push_back(std::move(cache));
}

void add_rows(CachePlan cache, const LayerIndices& layers, const Draft& draft, bool indexer,
              std::vector<CachePlan>& caches) {
    if (layers.empty()) return;
    for (const std::uint32_t layer : layers) {
        CacheLayer kept;
        kept.layer = layer;
        kept.key_elements = indexer ? draft.indexer_key_length : draft.key_row(layer);
        cache.layers.push_back(kept);
    }
    const std::uint32_t head = indexer ? draft.indexer_key_length : draft.head_k_sliding;
    const bool always = indexer ? draft.rotates_index_keys : draft.always_rotated();
    set_key_matrix(LayerIndices(layers.size(), head), head, always, cache);
    caches.push_back(std::move(cache));
}

}  // namespace

void add_compressed_caches(const Draft& draft, std::vector<CachePlan>& caches) {
    const LayerIndices fine = with_ratio(draft, kFineRatio), coarse = with_ratio(draft, kCoarseRatio);
    add_rows(rows(CacheKind::compressed, "compressed 4:1 (CSA)", kFineRatio), fine, draft, false, caches);
    add_rows(rows(CacheKind::compressed, "compressed 128:1 (HCA)", kCoarseRatio), coarse, draft, false, caches);
    add_rows(rows(CacheKind::indexer, "indexer keys, compressed 4:1", kFineRatio), fine, draft, true, caches);

    const std::uint64_t head = draft.layer_count_all == 0 ? 0 : draft.head_dim_k(0);
    add_states("CSA compressor state", fine, 2 * head * kFinePlanes, caches);
    add_states("HCA compressor state", coarse, head * kCoarsePlanes, caches);
    add_states("indexer compressor state", fine, 2 * std::uint64_t{draft.indexer_key_length} * kFinePlanes, caches);
}

void add_shared_compressed_caches(const Draft& draft, std::vector<CachePlan>& caches) {
    const std::uint32_t head = draft.layer_count_all == 0 ? 0 : draft.head_dim_k(0);
    const std::uint32_t width = head + draft.indexer_key_length;
    for (const std::uint32_t ratio : {2U, 1U}) {
        LayerIndices owners = with_ratio(draft, ratio);
        std::erase_if(owners, [&](std::uint32_t layer) { return !draft.owns_compressed[layer]; });
        if (owners.empty()) continue;
        CachePlan cache = rows(CacheKind::compressed, fmt::format("compressed {}:1, with index keys", ratio), ratio);
        for (const std::uint32_t layer : owners) {
            CacheLayer kept;
            kept.layer = layer;
            kept.key_elements = width;
            cache.layers.push_back(kept);
        }
        set_key_matrix(LayerIndices(owners.size(), width), width, false, cache);
        caches.push_back(std::move(cache));
        add_states(fmt::format("compressor state, {}:1", ratio), owners, std::uint64_t{head} * ratio, caches);
    }
}

}  // namespace attnx::model
