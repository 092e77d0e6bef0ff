// Dequantisation for processors with AVX-512 F, BW, DQ and VL.
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
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
#endif

namespace attnx::tensor::avx512 {
namespace {

using Bytes16 [[gnu::vector_size(16)]] = Byte;

inline float half(const Byte* bytes) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(load16(bytes)))); }
inline Bytes16 lookup(Bytes16 table, Bytes16 index) {
    return Bytes16(_mm_shuffle_epi8(__m128i(table), __m128i(index)));
}
inline __m512 to_floats(Bytes16 q) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(__m128i(q))); }
inline void write(Bytes16 q, float scale, float* out) {
    _mm512_storeu_ps(out, _mm512_mul_ps(to_floats(q), _mm512_set1_ps(scale)));
}
inline void write(Bytes16 q, float scale, float offset, float* out) {
    _mm512_storeu_ps(out, _mm512_fmadd_ps(to_floats(q), _mm512_set1_ps(scale), _mm512_set1_ps(offset)));
}

#include "scales.h"  // the others need it

#include "decode_plain.h"
#include "decode_vector.h"

void run_f16(const std::byte* in, float* out, std::size_t count) {
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16)
        _mm512_storeu_ps(out + i, _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 2 * i))));
    for (; i < count; ++i) out[i] = half(reinterpret_cast<const Byte*>(in) + 2 * i);
}

void run_bf16(const std::byte* in, float* out, std::size_t count) {
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 2 * i)));
        _mm512_storeu_ps(out + i, _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16)));
    }
    for (; i < count; ++i) decode(reinterpret_cast<const BlockBf16*>(in)[i], out + i);
}

#include "kernel_table.h"

}  // namespace

std::span<const Kernel> kernels() { return kKernels; }

}  // namespace attnx::tensor::avx512

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
