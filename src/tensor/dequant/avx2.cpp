// Dequantisation for processors with AVX2, FMA and F16C.
#include "kernels.h"

#ifdef ATTNX_X86_KERNELS
#include <immintrin.h>

#include <array>
#include <bit>
#include <cstring>

#include "../blocks.h"
#include "attnx/base/half.h"
#include "i_quant_grids.h"

// From here on only; what the headers above define stays code for any processor, for the linker may keep that
// copy.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif

namespace attnx::tensor::avx2 {
namespace {

using Bytes16 [[gnu::vector_size(16)]] = Byte;

inline float half(const Byte* bytes) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(load16(bytes)))); }
inline Bytes16 lookup(Bytes16 table, Bytes16 index) {
    return Bytes16(_mm_shuffle_epi8(__m128i(table), __m128i(index)));
}
inline __m256 low_floats(__m128i q) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(q)); }
inline __m256 high_floats(__m128i q) { return low_floats(_mm_unpackhi_epi64(q, q)); }
inline void write(Bytes16 q, float scale, float* out) {
    const __m256 s = _mm256_set1_ps(scale);
    _mm256_storeu_ps(out, _mm256_mul_ps(low_floats(__m128i(q)), s));
    _mm256_storeu_ps(out + 8, _mm256_mul_ps(high_floats(__m128i(q)), s));
}
inline void write(Bytes16 q, float scale, float offset, float* out) {
    const __m256 s = _mm256_set1_ps(scale), o = _mm256_set1_ps(offset);
    _mm256_storeu_ps(out, _mm256_fmadd_ps(low_floats(__m128i(q)), s, o));
    _mm256_storeu_ps(out + 8, _mm256_fmadd_ps(high_floats(__m128i(q)), s, o));
}

#include "scales.h"  // the others need it

#include "decode_plain.h"
#include "decode_vector.h"

void run_f16(const std::byte* in, float* out, std::size_t count) {
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 2 * i))));
    for (; i < count; ++i) out[i] = half(reinterpret_cast<const Byte*>(in) + 2 * i);
}

void run_bf16(const std::byte* in, float* out, std::size_t count) {
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m256i bits = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 2 * i)));
        _mm256_storeu_ps(out + i, _mm256_castsi256_ps(_mm256_slli_epi32(bits, 16)));
    }
    for (; i < count; ++i) decode(reinterpret_cast<const BlockBf16*>(in)[i], out + i);
}

#include "kernel_table.h"

}  // namespace

std::span<const Kernel> kernels() { return kKernels; }

}  // namespace attnx::tensor::avx2

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
