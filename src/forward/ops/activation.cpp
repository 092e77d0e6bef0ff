#include "activation.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../kernel.h"
#include "attnx/base/checked.h"
#include "attnx/base/half.h"

namespace attnx::forward {

using model::Activation;

namespace {

constexpr float kInverseRoot2 = 0.70710678118654752440F;

float gelu_exactly(float x) {
    constexpr float kRoot2OverPi = 0.79788456080286535588F;
    return 0.5F * x * (1.0F + std::tanh(kRoot2OverPi * x * fused(0.044715F * x, x, 1.0F)));
}

// The bits, without sign, of the nearest half-precision number, ties to even; |x| < 65504.
std::uint32_t half_magnitude(float x) {
    const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(x) & 0x7fffffffU;
    if (magnitude < 0x38800000U) {  // below 2^-14 halves are 2^-24 apart
        return static_cast<std::uint32_t>(std::nearbyint(std::bit_cast<float>(magnitude) * 0x1p24F));
    }
    return (magnitude - 0x38000000U + 0xfffU + ((magnitude >> 13U) & 1U)) >> 13U;
}

constexpr std::uint32_t kTen = 0x4900;  // as a half

// Values for all halves of magnitude up to 10: [0, kTen] positive, then negative.
const std::vector<float>& gelu_table() {
    static const std::vector<float> table = [] {
        std::vector<float> values(2 * (kTen + 1));
        for (std::uint32_t bits = 0; bits <= kTen; ++bits) {
            const float x = half_to_float(static_cast<std::uint16_t>(bits));
            const auto rounded = [](float v) {
                return std::copysign(half_to_float(static_cast<std::uint16_t>(half_magnitude(v))), v);
            };
            values[bits] = rounded(gelu_exactly(x));
            values[kTen + 1 + bits] = rounded(gelu_exactly(-x));
        }
        return values;
    }();
    return table;
}

float gelu_by(const std::vector<float>& table, float x) {
    if (x <= -10.0F) return 0.0F;
    if (!(x < 10.0F)) return x;
    return table[half_magnitude(x) + (std::signbit(x) ? kTen + 1 : 0)];
}

}  // namespace

float gelu(float x) { return gelu_by(gelu_table(), x); }

namespace {

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
        case Activation::gelu: return each(x, [&table = gelu_table()](float v) { return gelu_by(table, v); });
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
