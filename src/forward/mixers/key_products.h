// Products of queries with keys that are no plain products of floats: keys of a quantised type as whole numbers, and
// the tiles of flash attention.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../kernel.h"
#include "../ops/integer_scratch.h"
#include "attnx/model/graph.h"
#include "cache.h"

namespace attnx::forward {

// Memory to reuse, of one thread.
struct KeyProductScratch {
    Floats room;
    Eights queries;
    IntegerScratch keys;
};

class KeyProducts {
public:
    // keys: [count, kv_heads, dim_k]; blocks: the same as they are stored, where they are quantised. All must outlive
    // this. Throws bad_dimensions when there are not as many blocks.
    KeyProducts(const model::AttentionPlan& plan, const CacheArithmetic& how, Strip<const float> keys,
                std::span<const std::byte> blocks);

    bool apart() const { return by_integers() || how_->flash == Flash::by_tiles; }

    // Where they are apart: scores[i][j] = queries[i] . key first_key + j, of one head.
    void multiply(Strip<const float> queries, std::size_t kv_head, std::size_t first_key, Strip<float> scores,
                  KeyProductScratch& scratch, Simd simd) const;

private:
    bool by_integers() const;
    void multiply_integers(Strip<const float> queries, std::size_t kv_head, std::size_t first_key, Strip<float> scores,
                           KeyProductScratch& scratch, Simd simd) const;

    const CacheArithmetic* how_;
    Strip<const float> keys_;
    std::span<const std::byte> blocks_;
    std::size_t dim_, head_bytes_ = 0, row_bytes_ = 0;
};

}  // namespace attnx::forward
