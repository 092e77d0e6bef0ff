// ln w = k ln 2 + ln m with m in [√½, √2), and ln m = 2 artanh((m - 1) / (m + 1)) by its series, whose eleventh term no
// longer changes a double.
#include "attnx/kernel/weight_sums.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace attnx::kernel {

namespace {

constexpr std::size_t kLanes = 8;
using Lanes [[gnu::vector_size(kLanes * sizeof(double))]] = double;
using Bits [[gnu::vector_size(kLanes * sizeof(double))]] = std::int64_t;
using Floats8 [[gnu::vector_size(kLanes * sizeof(float))]] = float;

// In place, because a vector may not be passed by value without the instructions for it. Of normal numbers above 0.
[[gnu::always_inline]] inline void log_lanes(Lanes& x) {
    constexpr std::int64_t kRootHalf = 0x3fe6a09e667f3bcd, kOne = 0x3ff0000000000000, kMantissa = 0x000fffffffffffff,
                           kTwoTo52 = 0x4330000000000000;
    Bits bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits += kOne - kRootHalf;
    const Bits power_bits = ((bits >> 52) & 0x7ff) | kTwoTo52, fraction_bits = (bits & kMantissa) + kRootHalf;
    Lanes power, m;
    std::memcpy(&power, &power_bits, sizeof power);
    std::memcpy(&m, &fraction_bits, sizeof m);
    power -= 0x1p52 + 1023.0;
    const Lanes s = (m - 1.0) / (m + 1.0), z = s * s;
    Lanes series = z / 19.0 + 1.0 / 17.0;
    series = series * z + 1.0 / 15.0;
    series = series * z + 1.0 / 13.0;
    series = series * z + 1.0 / 11.0;
    series = series * z + 1.0 / 9.0;
    series = series * z + 1.0 / 7.0;
    series = series * z + 1.0 / 5.0;
    series = series * z + 1.0 / 3.0;
    series = series * z + 1.0;
    x = power * 0.6931471805599453 + 2.0 * s * series;
}

[[gnu::always_inline]] inline WeightSums sums_of_weights(const float* weights, std::size_t count, double place) {
    Lanes mass = {}, entropy = {}, moment = {};
    Lanes at = {0, 1, 2, 3, 4, 5, 6, 7};
    WeightSums sums;
    for (std::size_t i = 0; i < count; i += kLanes, at += static_cast<double>(kLanes)) {
        Floats8 w = {};
        std::memcpy(&w, weights + i, std::min(kLanes, count - i) * sizeof(float));
        const auto there = w > 0.0F, finite = (w < INFINITY) & (w > -INFINITY);
        std::int64_t any[kLanes / 2], all[kLanes / 2];
        std::memcpy(any, &there, sizeof any);
        std::memcpy(all, &finite, sizeof all);
        if ((all[0] & all[1] & all[2] & all[3]) != -1)
            for (std::size_t k = 0; k < kLanes; ++k) sums.not_finite += finite[k] == 0;
        if ((any[0] | any[1] | any[2] | any[3]) == 0) continue;
        const Floats8 counted = (there & finite) != 0 ? w : Floats8{};
        const Lanes v = __builtin_convertvector(counted, Lanes);
        Lanes log = v > 0.0 ? v : Lanes{} + 1.0;
        log_lanes(log);
        const Lanes distance = at - place;
        mass += v;
        entropy -= v * log;
        moment += v * (distance < 0.0 ? -distance : distance);
    }
    for (std::size_t k = 0; k < kLanes; ++k) {
        sums.mass += mass[k];
        sums.entropy += entropy[k];
        sums.moment += moment[k];
    }
    return sums;
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] WeightSums sums_avx2(const float* weights, std::size_t count, double place) {
    return sums_of_weights(weights, count, place);
}
[[gnu::target("avx512f,avx512dq,avx512vl")]] WeightSums sums_avx512(const float* weights, std::size_t count,
                                                                    double place) {
    return sums_of_weights(weights, count, place);
}
#endif

}  // namespace

WeightSums weight_sums(std::span<const float> weights, std::uint32_t place, Simd simd) {
#if defined(__x86_64__)
    if (simd == Simd::avx512) return sums_avx512(weights.data(), weights.size(), place);
    if (simd == Simd::avx2) return sums_avx2(weights.data(), weights.size(), place);
#endif
    static_cast<void>(simd);
    return sums_of_weights(weights.data(), weights.size(), place);
}

}  // namespace attnx::kernel
