// exp(x) = 2^n exp(b) with n = round(x / ln 2) and |b| <= ln 2 / 2; the polynomial for exp(b) - 1 is that of Arm's
// optimized routines (single-precision expf, 1.95 units in the last place), which ggml uses too. Evaluated in the same
// order, with fused multiply-adds where the processor has them, so that results agree to the last bit.
#include "attnx/kernel/exp.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace attnx::kernel {

namespace {

constexpr std::size_t kTogether = 16, kSumTogether = 8;
#ifdef ATTNX_NEON_KERNELS
constexpr std::size_t kLanes = 4;  // GCC takes comparisons of longer vectors than registers apart
#else
constexpr std::size_t kLanes = 16;
#endif
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));
using Ints = std::int32_t __attribute__((vector_size(kLanes * sizeof(float))));
using Sixteen = Lanes[kTogether / kLanes];

// In place, because a vector may not be passed by value without the instructions for it.
[[gnu::always_inline]] inline void exp_lanes(Lanes& x) {
    constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to whole numbers
    constexpr float kLowest = -87.0F, kHighest = 88.0F;
    const Ints too_low = x < kLowest;
    const Lanes lowest = Lanes{} + kLowest, highest = Lanes{} + kHighest;
    const Lanes in = x < kLowest ? lowest : (x > kHighest ? highest : x);
    const Lanes shifted = in * 0x1.715476p+0F + kRound;
    const Lanes n = shifted - kRound;
    const Lanes coarse = in - n * 0x1.62e4p-1F;
    const Lanes b = coarse - n * 0x1.7f7d1cp-20F;
    const Lanes square = b * b;
    const Lanes fifth = b * 0x1.0e4020p-7F + 0x1.573e2ep-5F;
    const Lanes third = b * 0x1.555e66p-3F + 0x1.fffdb6p-2F;
    const Lanes upper = fifth * square + third;
    Lanes rounded = b * 0x1.ffffecp-1F;
#ifdef ATTNX_NEON_KERNELS
    __asm__("" : "+w"(rounded));  // keeps it from being fused with the addition
#else
    __asm__("" : "+m"(rounded));
#endif
    const Lanes first = rounded;  // here: an address sanitizer's check must not part the next product from its sum
    const Lanes p = upper * square + first;
    Ints bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    const Ints power = (bits << 23) + 0x3f800000;
    Lanes scale;
    std::memcpy(&scale, &power, sizeof scale);
    const Lanes result = p * scale + scale;
    x = too_low ? Lanes{} : result;
}

// Adds numbers 4, 2 and 1 apart: 0 and 8 then hold the sums of eight.
[[gnu::always_inline]] inline void add_eights(Sixteen& all) {
#ifdef ATTNX_NEON_KERNELS
    for (std::size_t i = 0; i < 4; i += 2) {
        Lanes& v = all[i];
        v += all[i + 1];
        v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
        v += __builtin_shufflevector(v, v, 1, 0, 3, 2);
    }
#else
    Lanes& v = all[0];
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    v += __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#endif
}

// Of `count` numbers, sixteen or the rest.
[[gnu::always_inline]] inline void shift_some(float* x, std::size_t count, float shift, double& sum) {
    Sixteen all;
    for (Lanes& v : all) v = Lanes{} - std::numeric_limits<float>::infinity();
    std::memcpy(&all, x, count * sizeof(float));
    for (Lanes& v : all) {
        v -= shift;
        exp_lanes(v);
    }
    std::memcpy(x, &all, count * sizeof(float));
    add_eights(all);
    sum += static_cast<double>(all[0][0]);
    sum += static_cast<double>(all[8 / kLanes][8 % kLanes]);
}

[[gnu::always_inline]] inline double shifted_sum(float* x, std::size_t n, float shift) {
    double sum = 0.0;
    std::size_t i = 0;
    for (; i + kTogether <= n; i += kTogether) shift_some(x + i, kTogether, shift, sum);
    if (i != n) shift_some(x + i, n - i, shift, sum);
    return sum;
}

[[gnu::always_inline]] inline void silu_some(float* x, std::size_t count) {
    Sixteen all = {};
    std::memcpy(&all, x, count * sizeof(float));
    for (Lanes& v : all) {
        Lanes e = -v;
        exp_lanes(e);
        v = v / (1.0F + e);
    }
    std::memcpy(x, &all, count * sizeof(float));
}

[[gnu::always_inline]] inline void silu_lanes(float* x, std::size_t n) {
    std::size_t i = 0;
    for (; i + kTogether <= n; i += kTogether) silu_some(x + i, kTogether);
    if (i != n) silu_some(x + i, n - i);
}

[[gnu::always_inline]] inline float largest_of(const float* x, std::size_t n) {
    float most = x[0];
    std::size_t i = 0;
    if (n >= kLanes) {
        Lanes lanes;
        std::memcpy(&lanes, x, sizeof lanes);
        for (i = kLanes; i + kLanes <= n; i += kLanes) {
            Lanes v;
            std::memcpy(&v, x + i, sizeof v);
            lanes = v > lanes ? v : lanes;
        }
        for (std::size_t k = 0; k < kLanes; ++k) most = lanes[k] > most ? lanes[k] : most;
    }
    for (; i < n; ++i) most = x[i] > most ? x[i] : most;
    return most;
}

struct Functions {
    float (*largest)(const float*, std::size_t);
    double (*shifted)(float*, std::size_t, float);
    void (*silu)(float*, std::size_t);
};

double shifted_portable(float* x, std::size_t n, float shift) { return shifted_sum(x, n, shift); }
float largest_portable(const float* x, std::size_t n) { return largest_of(x, n); }
void silu_portable(float* x, std::size_t n) { silu_lanes(x, n); }

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] double shifted_avx2(float* x, std::size_t n, float shift) {
    return shifted_sum(x, n, shift);
}
[[gnu::target("avx2,fma")]] float largest_avx2(const float* x, std::size_t n) { return largest_of(x, n); }
[[gnu::target("avx2,fma")]] void silu_avx2(float* x, std::size_t n) { silu_lanes(x, n); }
[[gnu::target("avx512f")]] double shifted_avx512(float* x, std::size_t n, float shift) {
    return shifted_sum(x, n, shift);
}
[[gnu::target("avx512f")]] float largest_avx512(const float* x, std::size_t n) { return largest_of(x, n); }
[[gnu::target("avx512f")]] void silu_avx512(float* x, std::size_t n) { silu_lanes(x, n); }
#endif

Functions functions(Simd simd) {
#if defined(__x86_64__)
    if (simd == Simd::avx512) return {largest_avx512, shifted_avx512, silu_avx512};
    if (simd == Simd::avx2) return {largest_avx2, shifted_avx2, silu_avx2};
#endif
    static_cast<void>(simd);
    return {largest_portable, shifted_portable, silu_portable};
}

}  // namespace

double exp_shifted(std::span<float> x, float shift, Rest rest, Simd simd) {
    const std::size_t together = rest == Rest::padded ? x.size() : x.size() / kSumTogether * kSumTogether;
    double sum = functions(simd).shifted(x.data(), together, shift);
    for (float& v : x.subspan(together)) {
        v = std::exp(v - shift);
        sum += static_cast<double>(v);
    }
    return sum;
}

float largest(std::span<const float> x, Simd simd) { return functions(simd).largest(x.data(), x.size()); }

void silu_all(std::span<float> x, Simd simd) { functions(simd).silu(x.data(), x.size()); }

}  // namespace attnx::kernel
