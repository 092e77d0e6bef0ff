// What each mechanism keeps per layer, as the layers of a cache. One file per mechanism.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../arch/draft.h"

namespace attnx::model {

using LayerIndices = std::vector<std::uint32_t>;

// Softmax attention: K and V of every KV head, or one compressed row and no V (attention.cpp).
CacheLayer attention_cache(const Draft& draft, std::uint32_t layer, bool key_only);
// The unified cache of `layers`, or a full and a sliding one where the model has a window.
void add_attention_caches(const Draft& draft, const LayerIndices& layers, bool key_only,
                          std::vector<CachePlan>& caches);
// The same at full length, whatever slides.
void add_plain_cache(const Draft& draft, const LayerIndices& layers, bool key_only, std::vector<CachePlan>& caches);

// An indexer's own keys, one head (sparse_index.cpp).
CachePlan indexer_cache(const Draft& draft, const LayerIndices& layers, bool key_only);

// DeepSeek-V4's ratios; only the finer rows have an indexer.
inline constexpr std::uint32_t kFineRatio = 4, kCoarseRatio = 128;

// DeepSeek-V4's compressed rows, indexer and compressor states (compressed.cpp); V4.1's, which layers share.
void add_compressed_caches(const Draft& draft, std::vector<CachePlan>& caches);
void add_shared_compressed_caches(const Draft& draft, std::vector<CachePlan>& caches);

// The float32 states of recurrent layers (recurrent_state.cpp).
CachePlan recurrent_cache(const Draft& draft, const LayerIndices& layers);

// The matrices that a cache keeps to rotate its rows (rotation_matrices.cpp). `heads`: the head dimension of each of
// its layers; `first`: of the model's first layer.
void set_key_matrix(const LayerIndices& heads, std::uint32_t first, bool always, CachePlan& cache);
void set_value_matrix(const LayerIndices& heads, std::uint32_t first, CachePlan& cache);

}  // namespace attnx::model
