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

// Whether ggml sums up whole sections before it scales them.
bool sums_whole(const IntegerForm& form, std::size_t rows);
// Whether numbers rounded for one of them serve the other, too.
bool rounded_alike(const IntegerForm& a, const IntegerForm& b, std::size_t rows);
// Whether products take bytes, four at once; pairs of 16 bits otherwise.
bool multiplies_bytes(Simd simd);
// What is added to codes for such products where both factors may be negative: one is unsigned on x86-64.
#ifdef ATTNX_NEON_KERNELS
inline constexpr std::int32_t kByteBias = 0;
#else
inline constexpr std::int32_t kByteBias = 128;
#endif

// value = scale of its section * code.
struct Eights {
    std::size_t rows = 0, columns = 0, section = 32, summed = 16;
    std::vector<std::int8_t> bytes;   // [rows, columns]: codes, for products of bytes …
    std::vector<std::int16_t> pairs;  // … or for products of pairs
    std::vector<float> scales;        // [rows, sections]
    std::vector<std::int16_t> sums;   // [rows, columns / summed], of codes; by 256 only
    std::vector<float> float_sums;    // [rows, sections], of q8_1
    bool raised = false;              // bytes are unsigned: codes and kByteBias

    std::size_t sections() const { return columns / section; }
    std::size_t sums_of_row() const { return sums.empty() ? 0 : columns / summed; }
    int code(std::size_t row, std::size_t i) const {
        if (bytes.empty()) return pairs.at(row * columns + i);
        const std::int8_t byte = bytes.at(row * columns + i);
        return raised ? static_cast<std::uint8_t>(byte) - kByteBias : byte;
    }
    // Room for so many numbers, rounded as `form` says.
    void resize(const IntegerForm& form, std::size_t row_count, std::size_t column_count, Simd simd);
    // Rounds row i. Throws bad_dimensions when x is not as long.
    void round(const IntegerForm& form, std::size_t i, std::span<const float> x, Simd simd);
};

// To the nearest half-precision number or upper half of a float, ties to even. `simd` must not exceed best_simd().
void round_to_half(std::span<float> x, Simd simd = best_simd());
void round_to_bfloat(std::span<float> x);
// By Rounding::half or bfloat; of any other nothing happens.
void round_floats(Rounding rounding, std::span<float> x, Simd simd = best_simd());

}  // namespace attnx::kernel
