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

constexpr std::size_t kLanes = kWeightsTogether;
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using Ints [[gnu::vector_size(kLanes * sizeof(float))]] = std::int32_t;
using Half [[gnu::vector_size(kLanes / 2 * sizeof(float))]] = float;
using Doubles [[gnu::vector_size(kLanes / 2 * sizeof(double))]] = double;

// Lanes i and i + 8 are added to sum i.
[[gnu::always_inline]] inline void add_lanes(Doubles& sum, const Lanes& x) {
    const Half low = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7),
               high = __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    sum += __builtin_convertvector(low, Doubles);
    sum += __builtin_convertvector(high, Doubles);
}

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

struct Sums {
    Doubles mass = {}, entropy = {}, moment = {};
    std::uint64_t not_finite = 0;
};

// Sixteen that are finite and not below 0, the first of key i. Nothing is compared: GCC takes such comparisons apart.
[[gnu::always_inline]] inline void add_sixteen(const float* weights, float i, float place, Sums& sums) {
    constexpr float kLeast = 0x1p-126F;  // so that 0 has a logarithm; a weight times it is 0 all the same
    Lanes w;
    std::memcpy(&w, weights, sizeof w);
    Lanes log = w + kLeast;
    log_lanes(log);
    Lanes distance = Lanes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} + (i - place);
    Ints bits;
    std::memcpy(&bits, &distance, sizeof bits);
    bits &= 0x7fffffff;
    std::memcpy(&distance, &bits, sizeof distance);
    add_lanes(sums.mass, w);
    add_lanes(sums.entropy, -w * log);
    add_lanes(sums.moment, w * distance);
}

// As above; what is not finite is counted, and like what is below 0 taken for 0.
[[gnu::always_inline]] inline void add_any_sixteen(const float* weights, float i, float place, Sums& sums) {
    constexpr std::uint64_t kSigns = 0x8000000080000000U, kToSigns = 0x0080000000800000U;
    std::uint64_t two[kLanes / 2], any = 0, odd = 0;
    std::memcpy(two, weights, sizeof two);
    for (const std::uint64_t bits : two) {
        any |= bits;
        odd |= bits | (bits + kToSigns);  // NaN and infinity reach the sign
    }
    if (any == 0) return;  // masked, all of them
    if ((odd & kSigns) == 0) return add_sixteen(weights, i, place, sums);
    float cleaned[kLanes];
    for (std::size_t k = 0; k < kLanes; ++k) {
        const bool finite = std::isfinite(weights[k]);
        sums.not_finite += finite ? 0 : 1;
        cleaned[k] = finite && weights[k] > 0.0F ? weights[k] : 0.0F;
    }
    add_sixteen(cleaned, i, place, sums);
}

[[gnu::always_inline]] inline WeightSums sums_of_weights(const float* weights, std::size_t count, float place) {
    Sums lanes;
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) add_any_sixteen(weights + i, static_cast<float>(i), place, lanes);
    if (i != count) {
        float padded[kLanes] = {};
        std::copy(weights + i, weights + count, padded);
        add_any_sixteen(padded, static_cast<float>(i), place, lanes);
    }
    WeightSums sums;
    sums.not_finite = lanes.not_finite;
    for (std::size_t k = 0; k < kLanes / 2; ++k) {
        sums.mass += lanes.mass[k];
        sums.entropy += lanes.entropy[k];
        sums.moment += lanes.moment[k];
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
