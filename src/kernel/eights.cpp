// Compiled without contraction: a product is rounded before it is rounded to a whole number.
#include "attnx/kernel/eights.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "attnx/base/half.h"
#ifdef ATTNX_X86_KERNELS
#include <immintrin.h>
#endif

namespace attnx::kernel {

namespace {

constexpr float kMost = 127.0F;

// The nearest whole number, ties to even, of |x| <= 128; some code where x is none.
inline std::int8_t nearest(float x) {
    constexpr float kRound = 12582912.0F;  // 1.5 * 2^23
    return static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(x + kRound) & 0xffU);
}

// By 32; codes, scale in half precision. Returns the scale before that.
float round_32(const float* x, std::int16_t* codes, float& scale) {
    float most = 0.0F;
    for (int i = 0; i < 32; ++i) most = std::max(most, std::fabs(x[i]));
    const float factor = most != 0.0F ? kMost / most : 0.0F;
    for (int i = 0; i < 32; ++i) codes[i] = nearest(x[i] * factor);
    scale = most / kMost;
    const float exact = scale;
    scale = rounded_to_half(scale);
    return exact;
}

// By 256: the number of largest magnitude becomes -127.
void round_256(const float* x, std::int16_t* codes, float& scale) {
    float most = 0.0F, extreme = 0.0F;
    for (int i = 0; i < 256; ++i) {
        if (std::fabs(x[i]) > most) {
            most = std::fabs(x[i]);
            extreme = x[i];
        }
    }
    if (most == 0.0F) {
        std::fill_n(codes, 256, std::int16_t{0});
        scale = 0.0F;
        return;
    }
    const float factor = -kMost / extreme;
    for (int i = 0; i < 256; ++i) codes[i] = nearest(factor * x[i]);
    scale = 1.0F / factor;
}

std::int32_t sum_of(const std::int16_t* codes, std::size_t count) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += codes[i];
    return sum;
}

void to_half_portable(float* x, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) x[i] = rounded_to_half(x[i]);
}

#ifdef ATTNX_X86_KERNELS
[[gnu::target("avx,f16c")]] void to_half_f16c(float* x, std::size_t n) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(x + i, _mm256_cvtph_ps(_mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT)));
    to_half_portable(x + i, n - i);
}
#endif

}  // namespace

void Eights::resize(const IntegerForm& form, std::size_t row_count, std::size_t column_count) {
    rows = row_count;
    columns = column_count;
    section = form.section;
    summed = form.minima == Minima::by_fours || form.minima == Minima::together ? 32 : 16;
    if (columns % section != 0) outside(0, columns, section, "whole sections of a row");
    codes.resize(product({rows, columns}, "codes of a matrix"));
    scales.resize(rows * sections());
    sums.resize(form.rounding == Rounding::q8_k ? rows * (columns / summed) : 0);
    float_sums.resize(form.rounding == Rounding::q8_1 ? rows * sections() : 0);
}

void Eights::round(const IntegerForm& form, std::size_t i, std::span<const float> x) {
    if (x.size() != columns || i >= rows) outside(i, x.size(), columns, "columns of a matrix");
    std::int16_t* own = codes.data() + i * columns;
    for (std::size_t s = 0; s < sections(); ++s) {
        float& scale = scales[i * sections() + s];
        if (form.rounding == Rounding::q8_k) {
            round_256(x.data() + s * 256, own + s * 256, scale);
            continue;
        }
        const float exact = round_32(x.data() + s * 32, own + s * 32, scale);
        if (form.rounding == Rounding::q8_1)
            float_sums[i * sections() + s] = rounded_to_half(exact * static_cast<float>(sum_of(own + s * 32, 32)));
    }
    if (form.rounding != Rounding::q8_k) return;
    for (std::size_t k = 0; k < columns / summed; ++k)
        sums[i * (columns / summed) + k] = static_cast<std::int16_t>(sum_of(own + k * summed, summed));
}

void round_to_half(std::span<float> x, Simd simd) {
#ifdef ATTNX_X86_KERNELS
    if (simd != Simd::portable) return to_half_f16c(x.data(), x.size());
#endif
    static_cast<void>(simd);
    to_half_portable(x.data(), x.size());
}

void round_to_bfloat(std::span<float> x) {
    for (float& v : x) v = rounded_to_bfloat(v);
}

}  // namespace attnx::kernel
