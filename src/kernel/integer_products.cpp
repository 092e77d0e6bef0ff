#include "attnx/kernel/integer_products.h"

#include <algorithm>
#include <cstring>

#include "attnx/base/checked.h"
#include "attnx/kernel/fused.h"
#include "integer_packing.h"
#ifdef ATTNX_X86_KERNELS
#include <immintrin.h>
#endif
#ifdef ATTNX_NEON_KERNELS
#include <arm_neon.h>
#endif

namespace attnx::kernel {

namespace portable {
namespace {
constexpr std::size_t kLanes = 4, kTokens = 1, kWholeTokens = 2;
constexpr bool kBytes = false;
using Whole [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
using Real [[gnu::vector_size(kLanes * sizeof(float))]] = float;
inline Whole dot2(Whole sum, Whole w, std::int32_t x) {
    return sum + ((w << 16) >> 16) * static_cast<std::int16_t>(x) + (w >> 16) * (x >> 16);
}
inline Real fused(Real a, Real b, Real c) {
    return Real{kernel::fused(a[0], b[0], c[0]), kernel::fused(a[1], b[1], c[1]), kernel::fused(a[2], b[2], c[2]),
                kernel::fused(a[3], b[3], c[3])};
}
#include "integer_products_kernel.h"
}  // namespace
}  // namespace portable

#ifdef ATTNX_X86_KERNELS
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace avx2 {
namespace {
constexpr std::size_t kLanes = 8, kTokens = 1, kWholeTokens = 4;
constexpr bool kBytes = false;
inline __m256i dot2_of(__m256i sum, __m256i w, __m256i x) { return _mm256_add_epi32(sum, _mm256_madd_epi16(w, x)); }
using Whole [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
using Real [[gnu::vector_size(kLanes * sizeof(float))]] = float;
inline Whole dot2(Whole sum, Whole w, std::int32_t x) {
    return (Whole)dot2_of((__m256i)sum, (__m256i)w, _mm256_set1_epi32(x));
}
inline Real fused(Real a, Real b, Real c) { return _mm256_fmadd_ps(a, b, c); }
#include "integer_products_kernel.h"
}  // namespace
}  // namespace avx2
#ifdef __clang__
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma")
#endif
namespace avx512 {
namespace {
constexpr std::size_t kLanes = 16, kTokens = 3, kWholeTokens = 8;
constexpr bool kBytes = true;
using Whole [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
using Real [[gnu::vector_size(kLanes * sizeof(float))]] = float;
inline Whole dot2(Whole sum, Whole w, std::int32_t x) {
    return (Whole)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)w, _mm512_set1_epi32(x));
}
inline Whole dot4(Whole sum, Whole a, Whole b) {
    return (Whole)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}
inline Real fused(Real a, Real b, Real c) { return _mm512_fmadd_ps(a, b, c); }
#include "integer_products_kernel.h"

}  // namespace
}  // namespace avx512
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

#ifdef ATTNX_NEON_KERNELS
namespace neon {
namespace {
constexpr std::size_t kLanes = 4, kTokens = 2, kWholeTokens = 4;
constexpr bool kBytes = false;
using Whole [[gnu::vector_size(kLanes * sizeof(std::int32_t))]] = std::int32_t;
using Real [[gnu::vector_size(kLanes * sizeof(float))]] = float;
inline Whole dot2(Whole sum, Whole w, std::int32_t x) {
    const int16x8_t pairs = (int16x8_t)w, xs = vreinterpretq_s16_s32(vdupq_n_s32(x));
    return sum + (Whole)vpaddq_s32(vmull_s16(vget_low_s16(pairs), vget_low_s16(xs)), vmull_high_s16(pairs, xs));
}
inline Real fused(Real a, Real b, Real c) { return (Real)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
#include "integer_products_kernel.h"
}  // namespace
}  // namespace neon
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif
namespace dotprod {
namespace {
constexpr std::size_t kLanes = 4, kTokens = 2, kWholeTokens = 4;
constexpr bool kBytes = true;
using neon::dot2;
using neon::fused;
using neon::Real;
using neon::Whole;
inline Whole dot4(Whole sum, Whole a, Whole b) {
    // vdotq_s32, which clang before 16 has for whole files only.
    __asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b));
    return sum;
}
#include "integer_products_kernel.h"
}  // namespace
}  // namespace dotprod
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

namespace {

struct Kernel {
    std::size_t lanes;
    void (*multiply)(const Packed& w, const Shape& shape, const Eights& x, Strip<float> y);
};

Kernel kernel_of(Simd simd) {
#ifdef ATTNX_X86_KERNELS
    if (multiplies_bytes(simd)) return {avx512::kLanes, avx512::multiply};
    if (simd != Simd::portable) return {avx2::kLanes, avx2::multiply};
#endif
#ifdef ATTNX_NEON_KERNELS
    if (multiplies_bytes(simd)) return {dotprod::kLanes, dotprod::multiply};
    if (simd != Simd::portable) return {neon::kLanes, neon::multiply};
#endif
    static_cast<void>(simd);
    return {portable::kLanes, portable::multiply};
}

}  // namespace

void integer_products(const IntegerForm& form, const Eights& x, const IntegerRows& w, Strip<float> y, IntegerRoom& room,
                      Simd simd) {
    if (x.columns != w.columns || w.columns % form.section != 0)
        outside(0, x.columns, w.columns, "columns of a matrix");
    if (y.rows != x.rows || y.columns != w.rows) outside(0, x.rows, y.rows, "rows of products");
    if (x.rows == 0 || w.rows == 0) return;
    const Kernel kernel = kernel_of(simd);
    const Shape shape = shape_of(form, x);
    Packer packer(form, shape, w, kernel.lanes, room);
    for (std::size_t first = 0; first < w.rows; first += kernel.lanes) {
        const Packed packed = packer.pack(first);
        kernel.multiply(packed, shape, x, y.columns_from(first, std::min(kernel.lanes, w.rows - first)));
    }
}

}  // namespace attnx::kernel
