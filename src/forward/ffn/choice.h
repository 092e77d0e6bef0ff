// Which experts a token goes to, and with what weight.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnx/model/graph.h"
#include "attnx/tensor/dequant.h"

namespace attnx::forward {

struct Choice {
    std::uint32_t expert = 0;
    float weight = 0.0F;
};

// The experts of one token from the router's logits, strongest first. `bias` (DeepSeek-V3) changes who is chosen, not
// the weight; empty: none. Throws bad_value, bad_dimensions when groups or biases do not fit the logits.
std::vector<Choice> choose_experts(const model::ExpertPlan& plan, std::span<const float> logits,
                                   std::span<const float> bias, Simd simd = best_simd());

// Its parts: the weight of every expert, and what becomes of the weights of those chosen.
std::vector<float> gate(model::Gating gating, std::span<const float> logits, Simd simd);
void weigh(const model::ExpertPlan& plan, std::vector<Choice>& chosen, Simd simd);

}  // namespace attnx::forward
