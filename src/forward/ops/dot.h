// The inner loop of every product: rows times rows.
//
// Sums are taken in the order of ggml's dot product with AVX2 (ggml_vec_dot_f32), whatever the instruction set: product
// k goes, by a fused multiply-add, to partial sum k mod 32; then those 16 apart are added, then 8, 4, 1 and 2 apart. So
// results equal llama.cpp's for float weights to the last bit, and AVX2's equal AVX-512's. Processors without fused
// multiply-add round each product.
#pragma once

#include <cstddef>

#include "../floats.h"
#include "attnx/tensor/dequant.h"
#include "rest.h"

namespace attnx::forward {

// `count` rows of floats, `stride` apart.
struct Rows {
    const float* first;
    std::size_t stride, count;
};

// y[t][o] = sum over k < length of x[t][k] * w[o][k]; rows of y are y_stride apart. `room` is memory to reuse, of one
// thread. `simd` must not exceed best_simd().
void dot_products(const Rows& x, const Rows& w, std::size_t length, float* y, std::size_t y_stride, Rest rest,
                  Floats& room, tensor::Simd simd);

}  // namespace attnx::forward
