// Softmax attention once queries, keys and values are there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "../kernel.h"
#include "attnx/model/graph.h"
#include "chosen.h"
#include "head_writer.h"
#include "mixer.h"

namespace attnx::forward {

struct KeysAndValues {
    Strip<const float> keys;                     // [count, kv_heads, dim_k]
    Strip<const float> values;                   // [count, kv_heads, dim_v]
    std::span<const std::byte> key_blocks = {};  // keys as they are stored, where they are quantised
};

// Keys and values at once, for all heads, that each stand for `ratio` tokens. A query sees those whose tokens are all
// there by then.
struct RowsBeside {
    Strip<const float> rows;  // [count, dim]
    std::uint32_t ratio = 1;
    const Chosen* chosen = nullptr;  // those that an indexer leaves

    std::uint32_t visible(std::uint64_t query) const {
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(rows.rows, (query + 1) / ratio));
    }
};

struct ScoreExtras {
    std::span<const float> sinks = {};          // one logit per head that takes part in the denominator only
    std::span<const float> relative_bias = {};  // [buckets, heads] (T5)
    const Chosen* chosen = nullptr;             // the keys that an indexer leaves; all others weigh nothing
    const HeadWriter* writer = nullptr;         // for listeners that ask what values become
    const RowsBeside* beside = nullptr;         // that share the softmax with the keys
};

// Half-open range of keys that a query sees.
struct Visible {
    std::uint32_t first = 0, end = 0;
};
Visible visible_keys(const model::AttentionPlan& plan, std::uint32_t query, std::uint32_t key_count);

// queries: [tokens, heads, dim_k], the first at pass.first_position. Tells pass.sink the weights; unless
// pass.weights_only, returns [tokens, heads, dim_v]. Throws bad_value, bad_dimensions when plan and matrices do not go
// together.
Matrix attend(const model::AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv,
              const ScoreExtras& extras, Pass& pass);

}  // namespace attnx::forward
