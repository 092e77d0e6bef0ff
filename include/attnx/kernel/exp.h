// kernel: exp over many numbers at once. `simd` must not exceed best_simd(); AVX2 and AVX-512 give the same floats.
#pragma once

#include <span>

#include "attnx/base/simd.h"
#include "attnx/kernel/rest.h"

namespace attnx::kernel {

// x[i] = exp(x[i] - shift), within 2 units in the last place; 0 below exp(-87). Returns the sum of the results, taken
// as ggml does: by eights in float, the eights in double; those after the last whole eight one by one, exp then being
// the library's.
double exp_shifted(std::span<float> x, float shift, Rest rest = Rest::in_turn, Simd simd = best_simd());

// The largest of x; x must not be empty.
float largest(std::span<const float> x, Simd simd = best_simd());

// x[i] = x[i] / (1 + exp(-x[i])).
void silu_all(std::span<float> x, Simd simd = best_simd());

}  // namespace attnx::kernel
