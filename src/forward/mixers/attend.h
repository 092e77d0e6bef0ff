// Softmax attention once queries, keys and values are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "attnx/model/graph.h"
#include "../matrix.h"
#include "mixer.h"

namespace attnx::forward {

struct KeysAndValues {
    const float* keys = nullptr;       // [count, kv_heads, dim_k]
    std::size_t key_stride = 0;
    const float* values = nullptr;     // [count, kv_heads, dim_v]
    std::size_t value_stride = 0;
    std::size_t count = 0;
};

struct ScoreExtras {
    std::span<const float> sinks;          // one logit per head that takes part in the denominator only
    std::span<const float> relative_bias;  // [buckets, heads] (T5)
};

// Half-open range of keys that a query sees.
struct Visible {
    std::uint32_t first = 0, end = 0;
};
Visible visible_keys(const model::AttentionPlan& plan, std::uint32_t query, std::uint32_t key_count);

// queries: [tokens, heads, dim_k], the first at pass.first_position. Tells pass.sink the weights; unless pass.weights_only, returns
// [tokens, heads, dim_v].
Matrix attend(const model::AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv, const ScoreExtras& extras, Pass& pass);

}  // namespace attnx::forward
