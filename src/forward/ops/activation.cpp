#include "activation.h"

#include <algorithm>

#include "../kernel.h"
#include "attnx/base/checked.h"

namespace attnx::forward {

using model::Activation;

namespace {

constexpr float kInverseRoot2 = 0.70710678118654752440F;

// arXiv 2411.13010: the constants are stored before their softplus.
float xielu_of(float x, const std::array<float, 4>& p) {
    const float beta = p[2], epsilon = p[3];
    const float alpha_n = beta + softplus(p[0]), alpha_p = softplus(p[1]);
    if (x > 0.0F) return alpha_p * x * x + beta * x;
    return (std::expm1(std::min(x, epsilon)) - x) * alpha_n + beta * x;
}

template <class F>
void each(std::span<float> x, F f) {
    for (float& v : x) v = f(v);
}

// gpt-oss: up is clamped to 7, gate to at most 7; gate * sigmoid(1.702 gate) * (up + 1).
float swiglu_oai(float gate, float up) {
    constexpr float kAlpha = 1.702F, kLimit = 7.0F;
    const float g = std::min(gate, kLimit);
    const float u = std::clamp(up, -kLimit, kLimit);
    return g * sigmoid(kAlpha * g) * (u + 1.0F);
}

float situ(const std::array<float, 2>& beta, float gate, float up) {
    const float linear = beta[1] > 0.0F ? beta[1] * std::tanh(up / beta[1]) : up;
    return beta[0] * std::tanh(gate / beta[0]) * sigmoid(gate) * linear;
}

}  // namespace

void activate(Activation activation, const std::array<float, 4>& xielu, std::span<float> x, Simd simd) {
    switch (activation) {
        case Activation::silu: return silu_all(x, simd);
        case Activation::gelu: return gelu_all(x, simd);
        case Activation::gelu_erf:
            return each(x, [](float v) { return 0.5F * v * (1.0F + std::erf(v * kInverseRoot2)); });
        case Activation::relu: return each(x, [](float v) { return std::max(v, 0.0F); });
        case Activation::relu_squared:
            return each(x, [](float v) {
                const float r = std::max(v, 0.0F);
                return r * r;
            });
        case Activation::xielu: return each(x, [&xielu](float v) { return xielu_of(v, xielu); });
        case Activation::situ:  // needs a gate
        case Activation::swiglu_oai: return each(x, [](float v) { return swiglu_oai(v, 0.0F); });
    }
}

void gate_activation(const GateRule& rule, std::span<float> gate, std::span<const float> up, Simd simd) {
    if (gate.size() != up.size()) outside(0, gate.size(), up.size(), "numbers to gate");
    const float clamp = rule.clamp;
    if (rule.activation == Activation::swiglu_oai) {
        for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = swiglu_oai(gate[i], up[i]);
        return;
    }
    if (rule.activation == Activation::situ) {
        for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = situ(rule.situ, gate[i], up[i]);
        return;
    }
    if (clamp > 0.0F && rule.clamp_before_activation) each(gate, [clamp](float g) { return std::min(g, clamp); });
    activate(rule.activation, {}, gate, simd);
    if (clamp > 0.0F) {
        const float most = rule.clamp_before_activation ? std::numeric_limits<float>::infinity() : clamp;
        for (std::size_t i = 0; i < gate.size(); ++i)
            gate[i] = std::min(gate[i], most) * std::clamp(up[i], -clamp, clamp);
        return;
    }
    for (std::size_t i = 0; i < gate.size(); ++i) gate[i] *= up[i];
}

}  // namespace attnx::forward
