// kernel: gelu over many numbers at once, the tanh approximation (Hendrycks and Gimpel, arXiv 1606.08415) evaluated the
// way ggml does, so that maps agree with what llama.cpp computes: argument and result are rounded to half precision
// between -10 and 10.
#pragma once

#include <span>

#include "attnx/base/simd.h"

namespace attnx::kernel {

float gelu(float x);
// In place. `simd` must not exceed best_simd().
void gelu_all(std::span<float> x, Simd simd = best_simd());

}  // namespace attnx::kernel
