// The softmax of a row of scores.
#pragma once

#include <optional>
#include <span>

namespace attnx::forward {

// In place: exp(s - max) / sum. A sink is one more logit that takes part in max and sum but keeps its share, so the row then sums
// to less than 1. No scores: nothing happens.
void softmax(std::span<float> scores, std::optional<float> sink = std::nullopt);

}  // namespace attnx::forward
