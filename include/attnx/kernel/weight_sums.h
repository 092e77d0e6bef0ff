// kernel: what metrics want of a row of attention weights, in one pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "attnx/base/simd.h"

namespace attnx::kernel {

// Of the weights that are finite and more than 0.
struct WeightSums {
    double mass = 0, entropy = 0, moment = 0;  // sums of w, of -w ln w, of w |i - place|
    std::uint64_t not_finite = 0;
};
// Weights whose sums are taken side by side, from the first on: leaving out so many zeros changes no bit.
inline constexpr std::size_t kWeightsTogether = 16;
// `simd` must not exceed best_simd(). Sums differ by rounding between instruction sets.
WeightSums weight_sums(std::span<const float> weights, std::uint32_t place, Simd simd = best_simd());

}  // namespace attnx::kernel
