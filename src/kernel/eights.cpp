// Compiled without contraction: a product is rounded before it is rounded to a whole number.
#include "attnx/kernel/eights.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "attnx/base/half.h"
#ifdef ATTNX_X86_KERNELS
#include <immintrin.h>
#endif
#ifdef ATTNX_NEON_KERNELS
#include <arm_neon.h>
#endif

namespace attnx::kernel {

namespace {

constexpr float kMost = 127.0F;

// The nearest whole number, ties to even, of |x| <= 128; some code where x is none.
[[gnu::always_inline]] inline std::int8_t nearest(float x) {
    constexpr float kRound = 12582912.0F;  // 1.5 * 2^23
    return static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(x + kRound) & 0xffU);
}

[[gnu::always_inline]] inline float largest_magnitude(const float* x, std::size_t count) {
    std::uint32_t lanes[16] = {};
    for (std::size_t i = 0; i < count; i += 16)
        for (std::size_t k = 0; k < 16; ++k)
            lanes[k] = std::max(lanes[k], std::bit_cast<std::uint32_t>(x[i + k]) & 0x7fffffffU);
#pragma GCC unroll 4
    for (std::size_t half = 8; half != 0; half /= 2)
        for (std::size_t k = 0; k < half; ++k) lanes[k] = std::max(lanes[k], lanes[k + half]);
    return std::bit_cast<float>(lanes[0]);
}

// By 32: codes. Returns the scale before it is rounded.
[[gnu::always_inline]] inline float round_32(const float* x, std::int8_t* __restrict codes) {
    const float most = largest_magnitude(x, 32);
    const float factor = most != 0.0F ? kMost / most : 0.0F;
    for (int i = 0; i < 32; ++i) codes[i] = nearest(x[i] * factor);
    return most / kMost;
}

// The first of 256 numbers whose magnitude is `most`; the last if none is (NaN).
[[gnu::always_inline]] inline float first_of_magnitude(const float* x, float most) {
    std::uint32_t above = 0, below = 0;
    for (std::size_t i = 0; i < 256; ++i) {
        above |= x[i] == most ? 1U : 0U;
        below |= x[i] == -most ? 1U : 0U;
    }
    if (above != below) return above != 0 ? most : -most;
    return *std::find_if(x, x + 255, [most](float v) { return std::fabs(v) == most; });
}

// By 256: the first number of largest magnitude becomes -127. Returns the scale.
[[gnu::always_inline]] inline float round_256(const float* x, std::int8_t* __restrict codes) {
    const float most = largest_magnitude(x, 256);
    if (most == 0.0F) {
        std::fill_n(codes, 256, std::int8_t{0});
        return 0.0F;
    }
    const float extreme = first_of_magnitude(x, most);
    const float factor = -kMost / extreme;
    for (int i = 0; i < 256; ++i) codes[i] = nearest(factor * x[i]);
    return 1.0F / factor;
}

// sums[i] = of `each` codes.
template <class Sum>
[[gnu::always_inline]] inline void sums_of(const std::int8_t* codes, std::size_t count, std::size_t each, Sum* sums) {
    for (std::size_t i = 0; i < count; i += each, ++sums) {
        Sum sum = 0;
        for (std::size_t k = i; k < i + each; ++k) sum = static_cast<Sum>(sum + codes[k]);
        *sums = sum;
    }
}

[[gnu::always_inline]] inline void round_row(const IntegerForm& form, const float* x, std::size_t columns,
                                             std::int8_t* codes, float* scales, float* float_sums) {
    if (form.rounding == Rounding::q8_k) {
        for (std::size_t at = 0; at < columns; at += 256) *scales++ = round_256(x + at, codes + at);
        return;
    }
    for (std::size_t at = 0; at < columns; at += 32) {
        const float exact = round_32(x + at, codes + at);
        *scales++ = rounded_to_half(exact);
        if (form.rounding != Rounding::q8_1) continue;
        std::int32_t sum;
        sums_of(codes + at, 32, 32, &sum);
        *float_sums++ = rounded_to_half(exact * static_cast<float>(sum));
    }
}

using RoundRow = void (*)(const IntegerForm&, const float*, std::size_t, std::int8_t*, float*, float*);
void round_row_portable(const IntegerForm& form, const float* x, std::size_t columns, std::int8_t* codes, float* scales,
                        float* float_sums) {
    round_row(form, x, columns, codes, scales, float_sums);
}
#ifdef ATTNX_X86_KERNELS
[[gnu::target("avx2")]] void round_row_avx2(const IntegerForm& form, const float* x, std::size_t columns,
                                            std::int8_t* codes, float* scales, float* float_sums) {
    round_row(form, x, columns, codes, scales, float_sums);
}
#endif

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

#ifdef ATTNX_NEON_KERNELS
void to_half_neon(float* x, std::size_t n) {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) vst1q_f32(x + i, vcvt_f32_f16(vcvt_f16_f32(vld1q_f32(x + i))));
    to_half_portable(x + i, n - i);
}
#endif

}  // namespace

bool sums_whole(const IntegerForm& form, std::size_t rows) {
    constexpr std::size_t kFewest = 8;  // tokens from which on ggml takes its tiled products
    return form.whole_rows && rows >= kFewest;
}

namespace {

// Codes of x that are summed up together, for minima.
std::size_t summed_of(const IntegerForm& form) {
    return form.minima == Minima::by_fours || form.minima == Minima::together ? 32 : 16;
}

}  // namespace

bool rounded_alike(const IntegerForm& a, const IntegerForm& b, std::size_t rows) {
    return a.rounding == b.rounding && a.section == b.section && summed_of(a) == summed_of(b) &&
           (a.minima == Minima::none) == (b.minima == Minima::none) && sums_whole(a, rows) == sums_whole(b, rows);
}

bool multiplies_bytes(Simd simd) {
#ifdef ATTNX_X86_KERNELS
    static const bool there = __builtin_cpu_supports("avx512vnni");
    return simd == Simd::avx512 && there;
#else
    return simd == Simd::dotprod;
#endif
}

void Eights::resize(const IntegerForm& form, std::size_t row_count, std::size_t column_count, Simd simd) {
    rows = row_count;
    columns = column_count;
    section = form.section;
    summed = summed_of(form);
    if (columns % section != 0) outside(0, columns, section, "whole sections of a row");
    const std::size_t count = product({rows, columns}, "codes of a matrix");
    const bool by_32 = section == 32, as_bytes = multiplies_bytes(simd) && (by_32 || sums_whole(form, rows));
    bytes.resize(as_bytes ? count : 0);
    pairs.resize(as_bytes ? 0 : count);
    scales.resize(rows * sections());
    sums.resize(form.rounding == Rounding::q8_k ? count / summed : 0);
    float_sums.resize(form.rounding == Rounding::q8_1 ? rows * sections() : 0);
    raised = as_bytes && by_32 && form.minima == Minima::none && kByteBias != 0;
}

void Eights::round(const IntegerForm& form, std::size_t i, std::span<const float> x, Simd simd) {
    if (x.size() != columns || i >= rows) outside(i, x.size(), columns, "columns of a matrix");
    RoundRow run = round_row_portable;
#ifdef ATTNX_X86_KERNELS
    if (simd != Simd::portable) run = round_row_avx2;
#endif
    static_cast<void>(simd);
    std::vector<std::int8_t> apart(bytes.empty() ? columns : 0);
    std::int8_t* codes = bytes.empty() ? apart.data() : bytes.data() + i * columns;
    run(form, x.data(), columns, codes, scales.data() + i * sections(),
        float_sums.empty() ? nullptr : float_sums.data() + i * sections());
    std::copy(apart.begin(), apart.end(), pairs.data() + (apart.empty() ? 0 : i * columns));
    if (!sums.empty()) sums_of(codes, columns, summed, sums.data() + i * sums_of_row());
    if (!raised) return;
    for (std::int8_t& code : std::span(codes, columns)) code = static_cast<std::int8_t>(code + kByteBias);
}

void round_to_half(std::span<float> x, Simd simd) {
#ifdef ATTNX_X86_KERNELS
    if (simd != Simd::portable) return to_half_f16c(x.data(), x.size());
#endif
#ifdef ATTNX_NEON_KERNELS
    if (simd != Simd::portable) return to_half_neon(x.data(), x.size());
#endif
    static_cast<void>(simd);
    to_half_portable(x.data(), x.size());
}

void round_to_bfloat(std::span<float> x) {
    for (float& v : x) v = rounded_to_bfloat(v);
}

void round_floats(Rounding rounding, std::span<float> x, Simd simd) {
    if (rounding == Rounding::half) round_to_half(x, simd);
    if (rounding == Rounding::bfloat) round_to_bfloat(x);
}

}  // namespace attnx::kernel
