// kernel: products of rows of whole numbers with rows of whole numbers, scaled section by section in ggml's order.
//
// Sums of codes are exact, so every instruction set gives the same floats. How they are scaled and added is ggml's for
// AVX2 with fused multiply-add: eight lanes, each the sum of every eighth four codes, added up 4, 2 and 1 apart at the
// end (ggml_vec_dot_*); or, for k-quants with eight tokens or more, whole sections (its tiled products).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attnx/base/integer_form.h"
#include "attnx/base/simd.h"
#include "attnx/kernel/eights.h"
#include "attnx/kernel/matrix.h"

namespace attnx::kernel {

// Rows of weights by rows, each array as long as the form says.
struct IntegerRows {
    std::size_t rows = 0, columns = 0;
    const std::int8_t *codes = nullptr, *factors = nullptr;
    const float *scales = nullptr, *minimum_scales = nullptr;
    const std::int16_t* minima = nullptr;
};

// Memory to reuse, of one thread.
struct IntegerRoom {
    std::vector<std::int32_t, CacheLineAllocator<std::int32_t>> codes, corrections, factors, minima;
    std::vector<std::int8_t> rows;
    Floats scales, minimum_scales;
};

// y[t][o] = x[t] . w[o], x having been rounded for the same `simd`, which must not exceed best_simd(). Throws
// bad_dimensions when the sizes do not go together.
void integer_products(const IntegerForm& form, const Eights& x, const IntegerRows& w, Strip<float> y, IntegerRoom& room,
                      Simd simd);

}  // namespace attnx::kernel
