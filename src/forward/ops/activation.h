// Pointwise functions of feed-forward networks and gates.
#pragma once

#include <array>
#include <cmath>
#include <span>

#include "attnx/model/graph.h"
#include "attnx/tensor/dequant.h"

namespace attnx::forward {

inline float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }
inline float silu(float x) { return x / (1.0F + std::exp(-x)); }
inline float softplus(float x) { return x > 20.0F ? x : std::log1p(std::exp(x)); }

// In place, each element. swiglu_oai needs a gate: see gate_activation.
void activate(model::Activation activation, const std::array<float, 4>& xielu, std::span<float> x,
              Simd simd = best_simd());

// How a gate meets what it gates. clamp > 0 limits up to [-clamp, clamp], and the activated gate, or the gate before
// it is activated, to at most clamp.
struct GateRule {
    model::Activation activation = model::Activation::silu;
    float clamp = 0.0F;
    bool clamp_before_activation = false;
    std::array<float, 2> situ = {};
};

// gate[i] = activation(gate[i]) * up[i]. situ is b tanh(gate / b) sigmoid(gate) * c tanh(up / c), with up as it is
// where c is 0. Throws bad_dimensions when there are not as many of both.
void gate_activation(const GateRule& rule, std::span<float> gate, std::span<const float> up, Simd simd = best_simd());

}  // namespace attnx::forward
