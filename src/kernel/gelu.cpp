#include "attnx/kernel/gelu.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "attnx/base/half.h"
#include "attnx/kernel/fused.h"
#ifdef ATTNX_X86_KERNELS
#include <immintrin.h>
#endif

namespace attnx::kernel {

namespace {

constexpr std::uint32_t kTen = 0x4900, kTenAsFloat = 0x41200000;  // as a half, as a float

float gelu_exactly(float x) {
    constexpr float kRoot2OverPi = 0.79788456080286535588F;
    return 0.5F * x * (1.0F + std::tanh(kRoot2OverPi * x * fused(0.044715F * x, x, 1.0F)));
}

// The nearest half-precision number, ties to even, of a float without sign below 65504; both as bits. Below 2^-14
// halves are 2^-24 apart, as floats above 0.5 are.
[[gnu::always_inline]] inline std::uint32_t half_bits(std::uint32_t magnitude) {
    const std::uint32_t small = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3f000000U;
    const std::uint32_t normal = (magnitude - 0x38000000U + 0xfffU + ((magnitude >> 13U) & 1U)) >> 13U;
    return magnitude < 0x38800000U ? small : normal;
}

// Values for all halves of magnitude up to 10: [0, kTen] positive, then negative.
const float* gelu_table() {
    static const std::vector<float> table = [] {
        std::vector<float> values(2 * (kTen + 1));
        for (std::uint32_t bits = 0; bits <= kTen; ++bits) {
            const float x = half_to_float(static_cast<std::uint16_t>(bits));
            values[bits] = rounded_to_half(gelu_exactly(x));
            values[kTen + 1 + bits] = rounded_to_half(gelu_exactly(-x));
        }
        return values;
    }();
    return table.data();
}

// Without branches.
float look_up(const float* table, float v) {
    const auto bits = std::bit_cast<std::uint32_t>(v);
    const std::uint32_t magnitude = bits & 0x7fffffffU, sign = bits >> 31U;
    const bool within = magnitude < kTenAsFloat;
    const std::uint32_t place = (within ? half_bits(magnitude) : 0) + sign * (kTen + 1);
    const float found = table[place], beyond = v < 0.0F ? 0.0F : v;
    return within ? found : beyond;
}

#ifdef ATTNX_X86_KERNELS
// Sixteen at a time; returns how many.
[[gnu::target("avx512f")]] std::size_t look_up_avx512(const float* table, float* x, std::size_t n) {
    const __m512i ten = _mm512_set1_epi32(kTen), none = _mm512_setzero_si512();
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        const __m512 v = _mm512_loadu_ps(x + i), zero = _mm512_setzero_ps();
        const __m512i half = _mm512_cvtepu16_epi32(_mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
        const __m512i place = _mm512_and_si512(half, _mm512_set1_epi32(0x7fff));
        const __mmask16 within = _mm512_cmp_ps_mask(_mm512_abs_ps(v), _mm512_set1_ps(10.0F), _CMP_LT_OQ),
                        negative = _mm512_cmp_epi32_mask(_mm512_castps_si512(v), none, _MM_CMPINT_LT);
        const __m512i there =
            _mm512_mask_add_epi32(place, negative, place, _mm512_add_epi32(ten, _mm512_set1_epi32(1)));
        const __m512 beyond = _mm512_mask_mov_ps(v, _mm512_cmp_ps_mask(v, zero, _CMP_LT_OQ), zero);
        _mm512_storeu_ps(x + i, _mm512_mask_i32gather_ps(beyond, within, there, table, sizeof(float)));
    }
    return i;
}
#endif

}  // namespace

float gelu(float x) { return look_up(gelu_table(), x); }

void gelu_all(std::span<float> x, Simd simd) {
    const float* table = gelu_table();
#ifdef ATTNX_X86_KERNELS
    if (simd == Simd::avx512) x = x.subspan(look_up_avx512(table, x.data(), x.size()));
#endif
    static_cast<void>(simd);
    for (float& v : x) v = look_up(table, v);
}

}  // namespace attnx::kernel
