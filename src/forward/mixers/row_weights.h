// From the raw scores of a query to its weights: scale * q.k, capped, plus the position bias; softmax over the visible
// keys with the maximum subtracted.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "attend.h"
#include "position_bias.h"

namespace attnx::forward {

// How sums over keys end: caches are padded.
inline Rest rest_of(const model::AttentionPlan& plan) { return plan.cached ? Rest::padded : Rest::in_turn; }

// Of the tokens of a pass, by their index in it. Refers to what it is made of.
class RowWeights {
public:
    static constexpr float kMasked = -std::numeric_limits<float>::infinity();

    RowWeights(const model::AttentionPlan& plan, const ScoreExtras& extras, const PositionBias& bias,
               std::uint32_t keys, const Pass& pass)
        : plan_(plan), extras_(extras), bias_(bias), keys_(keys), pass_(pass) {}

    Visible seen_by(std::uint32_t query) const { return visible_keys(plan_, position(query), keys_); }
    std::optional<float> sink(std::uint32_t head) const {
        return extras_.sinks.empty() ? std::nullopt : std::optional<float>(extras_.sinks[head]);
    }

    // row: of all keys. From raw scores to those that the softmax is of, where the query sees keys.
    void ready(std::uint32_t query, std::uint32_t head, float* row) const;
    // From these to weights, 0 where the query sees nothing; `beside`: raw scores of the rows beside the keys.
    void soften(std::uint32_t query, std::uint32_t head, float* row, std::span<float> beside) const;

private:
    std::uint32_t position(std::uint32_t query) const { return pass_.first_position + query; }
    void scale(std::span<float> scores) const;

    const model::AttentionPlan& plan_;
    const ScoreExtras& extras_;
    const PositionBias& bias_;
    std::uint32_t keys_;
    const Pass& pass_;
};

}  // namespace attnx::forward
