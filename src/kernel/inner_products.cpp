#include "attnx/kernel/inner_products.h"

#include <algorithm>
#include <cstring>

#include "attnx/base/checked.h"
#include "attnx/base/simd.h"

namespace attnx::kernel {
namespace portable {
namespace {
#ifdef ATTNX_NEON_KERNELS
constexpr std::size_t kLanes = 4, kTile = 4;  // of 32 registers
#else
constexpr std::size_t kLanes = 4, kTile = 2;
#endif
#include "inner_products_kernel.h"
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
constexpr std::size_t kLanes = 8, kTile = 3;
#include "inner_products_kernel.h"
void run(const float* a, std::size_t rows_a, const float* b, std::size_t rows_b, std::size_t length, double* out) {
    inner_products(a, rows_a, b, rows_b, length, out);
}
}  // namespace
}  // namespace avx2
#ifdef __clang__
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#endif
namespace avx512 {
namespace {
constexpr std::size_t kLanes = 16, kTile = 4;
#include "inner_products_kernel.h"
void run(const float* a, std::size_t rows_a, const float* b, std::size_t rows_b, std::size_t length, double* out) {
    inner_products(a, rows_a, b, rows_b, length, out);
}
}  // namespace
}  // namespace avx512
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

void inner_products(Strip<const float> a, Strip<const float> b, std::span<double> out) {
    for (const auto& strip : {a, b})
        if (strip.rows > 1 && strip.stride != strip.columns)
            outside(0, strip.stride, strip.columns, "rows of a matrix");
    if (a.columns != b.columns) outside(0, a.columns, b.columns, "columns of a matrix");
    if (out.size() != product({a.rows, b.rows}, "products of rows")) outside(0, a.rows, b.rows, "products of rows");
#ifdef ATTNX_X86_KERNELS
    const Simd simd = best_simd();
    if (simd == Simd::avx512) return avx512::run(a.first, a.rows, b.first, b.rows, a.columns, out.data());
    if (simd == Simd::avx2) return avx2::run(a.first, a.rows, b.first, b.rows, a.columns, out.data());
#endif
    portable::inner_products(a.first, a.rows, b.first, b.rows, a.columns, out.data());
}

}  // namespace attnx::kernel
