// ln w = k ln 2 + ln m with m in [√½, √2), and ln m = 2 artanh((m - 1) / (m + 1)) by its series, whose sixth term no
// longer changes a float. Weights are floats themselves: their logarithms and products are as exact as they are, and
// only sums are taken in double.
#include "attnx/kernel/weight_sums.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace attnx::kernel {

namespace {

constexpr std::size_t kLanes = 16;
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using Ints [[gnu::vector_size(kLanes * sizeof(float))]] = std::int32_t;
using Doubles [[gnu::vector_size(kLanes * sizeof(double))]] = double;

// In place, because a vector may not be passed by value without the instructions for it. Of normal numbers above 0.
[[gnu::always_inline]] inline void log_lanes(Lanes& x) {
    constexpr std::int32_t kRootHalf = 0x3f3504f3, kOne = 0x3f800000, kMantissa = 0x007fffff;
    Ints bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits += kOne - kRootHalf;
    const Ints power = (bits >> 23) - 127, fraction = (bits & kMantissa) + kRootHalf;
    Lanes m;
    std::memcpy(&m, &fraction, sizeof m);
    const Lanes s = (m - 1.0F) / (m + 1.0F), z = s * s;
    Lanes series = z * (1.0F / 9.0F) + 1.0F / 7.0F;
    series = series * z + 1.0F / 5.0F;
    series = series * z + 1.0F / 3.0F;
    series = series * z + 1.0F;
    x = __builtin_convertvector(power, Lanes) * 0.693147180559945F + (s + s) * series;
}

[[gnu::always_inline]] inline WeightSums sums_of_weights(const float* weights, std::size_t count, float place) {
    constexpr float kLeast = 0x1p-126F;  // below it a weight times its logarithm is as good as 0
    Doubles mass = {}, entropy = {}, moment = {};
    Ints not_finite = {};
    Lanes at = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (std::size_t i = 0; i < count; i += kLanes, at += static_cast<float>(kLanes)) {
        Lanes w = {};
        std::memcpy(&w, weights + i, std::min(kLanes, count - i) * sizeof(float));
        std::uint64_t bits[kLanes / 2], any = 0;
        std::memcpy(bits, &w, sizeof bits);
        for (const std::uint64_t two : bits) any |= two;
        if (any == 0) continue;  // masked, all of them
        const Ints finite = (w < INFINITY) & (w > -INFINITY), counted = finite & (w > 0.0F);
        not_finite += finite + 1;
        const Lanes v = counted ? w : Lanes{};
        Lanes log = v > kLeast ? v : Lanes{} + 1.0F;
        log_lanes(log);
        const Lanes distance = at - place;
        mass += __builtin_convertvector(v, Doubles);
        entropy -= __builtin_convertvector(v * log, Doubles);
        moment += __builtin_convertvector(v * (distance < 0.0F ? -distance : distance), Doubles);
    }
    WeightSums sums;
    for (std::size_t k = 0; k < kLanes; ++k) {
        sums.not_finite += static_cast<std::uint64_t>(not_finite[k]);
        sums.mass += mass[k];
        sums.entropy += entropy[k];
        sums.moment += moment[k];
    }
    return sums;
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] WeightSums sums_avx2(const float* weights, std::size_t count, float place) {
    return sums_of_weights(weights, count, place);
}
[[gnu::target("avx512f,avx512dq,avx512vl")]] WeightSums sums_avx512(const float* weights, std::size_t count,
                                                                    float place) {
    return sums_of_weights(weights, count, place);
}
#endif

}  // namespace

WeightSums weight_sums(std::span<const float> weights, std::uint32_t place, Simd simd) {
#if defined(__x86_64__)
    if (simd == Simd::avx512) return sums_avx512(weights.data(), weights.size(), static_cast<float>(place));
    if (simd == Simd::avx2) return sums_avx2(weights.data(), weights.size(), static_cast<float>(place));
#endif
    static_cast<void>(simd);
    return sums_of_weights(weights.data(), weights.size(), static_cast<float>(place));
}

}  // namespace attnx::kernel
