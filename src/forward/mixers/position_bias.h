// What the distance between query and key adds to a score.
#pragma once

#include <cstdint>
#include <span>

#include "attnx/model/graph.h"

namespace attnx::forward {

// Whether distances can be sorted into so many buckets.
bool fits_buckets(std::uint32_t buckets);

// ALiBi's slopes (arXiv 2108.12409), or T5's learned biases by bucket of distance. Refers to what it is made of.
class PositionBias {
public:
    // relative: [buckets, heads]; empty: none.
    PositionBias(const model::AttentionPlan& plan, std::span<const float> relative)
        : plan_(&plan), relative_(relative) {}

    bool any() const { return plan_->max_alibi_bias > 0.0F || !relative_.empty(); }
    // scores: of consecutive keys from first_key on.
    void add(std::span<float> scores, std::uint32_t first_key, std::uint32_t query, std::uint32_t head) const;

private:
    const model::AttentionPlan* plan_;
    std::span<const float> relative_;
};

}  // namespace attnx::forward
