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
    const Lanes z2 = z * z, z4 = z2 * z2;
    const Lanes a = z * (1.0 / 3.0) + 1.0, b = z * (1.0 / 7.0) + 1.0 / 5.0, c = z * (1.0 / 11.0) + 1.0 / 9.0,
                d = z * (1.0 / 15.0) + 1.0 / 13.0, e = z * (1.0 / 19.0) + 1.0 / 17.0;
    const Lanes series = (e * z4 + (d * z2 + c)) * z4 + (b * z2 + a);
    x = power * 0.6931471805599453 + 2.0 * s * series;
}

[[gnu::always_inline]] inline WeightSums sums_of_weights(const float* weights, std::size_t count, double place) {
    Lanes mass = {}, entropy = {}, moment = {};
    Bits not_finite = {};
    Lanes at = {0, 1, 2, 3, 4, 5, 6, 7};
    WeightSums sums;
    for (std::size_t i = 0; i < count; i += kLanes, at += static_cast<double>(kLanes)) {
        Floats8 w = {};
        std::memcpy(&w, weights + i, std::min(kLanes, count - i) * sizeof(float));
        std::uint64_t bits[kLanes / 2];
        std::memcpy(bits, &w, sizeof bits);
        if ((bits[0] | bits[1] | bits[2] | bits[3]) == 0) continue;  // masked, all of them
        const Lanes all = __builtin_convertvector(w, Lanes);
        const Bits finite = (all < INFINITY) & (all > -INFINITY), counted = finite & (all > 0.0);
        not_finite += finite + 1;
        const Lanes v = counted ? all : Lanes{};
        Lanes log = counted ? all : Lanes{} + 1.0;
        log_lanes(log);
        const Lanes distance = at - place;
        mass += v;
        entropy -= v * log;
        moment += v * (distance < 0.0 ? -distance : distance);
    }
    for (std::size_t k = 0; k < kLanes; ++k) {
        sums.not_finite += static_cast<std::uint64_t>(not_finite[k]);
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
