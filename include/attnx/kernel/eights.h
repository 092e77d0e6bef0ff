// kernel: rows of floats rounded to whole numbers of eight bits, as ggml rounds what quantised weights are multiplied
// with; and to shorter floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attnx/base/integer_form.h"
#include "attnx/base/simd.h"
#include "attnx/kernel/matrix.h"

namespace attnx::kernel {

// value = scale of its section * code. Codes are kept as pairs of 16 bits, as products take them.
struct Eights {
    std::size_t rows = 0, columns = 0, section = 32, summed = 16;
    std::vector<std::int16_t> codes;  // [rows, columns]
    std::vector<float> scales;        // [rows, sections]
    std::vector<std::int16_t> sums;   // [rows, columns / summed], of codes; by 256 only
    std::vector<float> float_sums;    // [rows, sections], of q8_1

    std::size_t sections() const { return columns / section; }
    // Room for so many numbers, rounded as `form` says.
    void resize(const IntegerForm& form, std::size_t row_count, std::size_t column_count);
    // Rounds row i. Throws bad_dimensions when x is not as long.
    void round(const IntegerForm& form, std::size_t i, std::span<const float> x);
};

// To the nearest half-precision number or upper half of a float, ties to even. `simd` must not exceed best_simd().
void round_to_half(std::span<float> x, Simd simd = best_simd());
void round_to_bfloat(std::span<float> x);

}  // namespace attnx::kernel
