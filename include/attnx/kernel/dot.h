// kernel: the inner loop of every product of the forward pass: rows times rows.
//
// Sums are taken in the order of ggml's dot product with AVX2 (ggml_vec_dot_f32), whatever the instruction set: product
// k goes, by a fused multiply-add, to partial sum k mod 32; then those 16 apart are added, then 8, 4, 1 and 2 apart. So
// results equal llama.cpp's for float weights to the last bit, and AVX2's equal AVX-512's. Processors without fused
// multiply-add round each product.
#pragma once

#include <cstdint>

#include "attnx/base/integer_form.h"
#include "attnx/base/simd.h"
#include "attnx/kernel/matrix.h"
#include "attnx/kernel/rest.h"

namespace attnx::kernel {

// Which of its last four sums ggml adds first: those next to each other, or, for bfloat16, those two apart.
enum class LastSums : std::uint8_t { neighbours, two_apart };
constexpr LastSums last_sums_of(Rounding rounding) {
    return rounding == Rounding::bfloat ? LastSums::two_apart : LastSums::neighbours;
}

// y[t][o] = sum over k of x[t][k] * w[o][k]. `room` is memory to reuse, of one thread. `simd` must not exceed
// best_simd(). Throws bad_dimensions when the sizes do not go together.
void dot_products(Strip<const float> x, Strip<const float> w, Strip<float> y, Rest rest, Floats& room, Simd simd,
                  LastSums last = LastSums::neighbours);

}  // namespace attnx::kernel
