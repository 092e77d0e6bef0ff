// The softmax of a row of scores.
#pragma once

#include <optional>
#include <span>

#include "../kernel.h"
#include "attnx/tensor/dequant.h"

namespace attnx::forward {

// In place: exp(s - max) / sum. A sink is one more logit that takes part in max and sum but keeps its share, so the row
// then sums to less than 1. No scores: nothing happens.
void softmax(std::span<float> scores, std::optional<float> sink = std::nullopt, Rest rest = Rest::in_turn,
             Simd simd = best_simd());

}  // namespace attnx::forward
