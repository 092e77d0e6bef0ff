// exp(x) = 2^n exp(r) with n = round(x / ln 2) and |r| <= ln 2 / 2; the polynomial for exp(r) is that of Cephes' expf (S. Moshier).
#include "exp.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace attnx::forward {

namespace {

constexpr std::size_t kLanes = 16;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));
using Ints = std::int32_t __attribute__((vector_size(kLanes * sizeof(float))));

// In place, because a vector may not be passed by value without the instructions for it.
[[gnu::always_inline]] inline void exp_lanes(Lanes& x) {
    constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to whole numbers
    constexpr float kLowest = -87.0F, kHighest = 88.0F;
    const Ints too_low = x < kLowest;
    const Lanes lowest = x * 0.0F + kLowest, highest = x * 0.0F + kHighest;
    const Lanes in = x < kLowest ? lowest : (x > kHighest ? highest : x);
    const Lanes shifted = in * 1.44269504088896341F + kRound;
    const Lanes n = shifted - kRound;
    const Lanes r = (in - n * 0.693359375F) - n * -2.12194440e-4F;
    Lanes p = r * 1.9875691500e-4F + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    Ints bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    const Ints power = (bits - 0x4b400000 + 127) << 23;
    Lanes scale;
    std::memcpy(&scale, &power, sizeof scale);
    x = too_low ? x * 0.0F : p * scale;
}

[[gnu::always_inline]] inline double shifted_sum(float* x, std::size_t n, float shift) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; i += kLanes) {
        const std::size_t count = n - i < kLanes ? n - i : kLanes;
        Lanes v = {};
        std::memcpy(&v, x + i, count * sizeof(float));
        v -= shift;
        exp_lanes(v);
        std::memcpy(x + i, &v, count * sizeof(float));
        for (std::size_t k = 0; k < count; ++k) sum += static_cast<double>(v[k]);
    }
    return sum;
}

[[gnu::always_inline]] inline void silu_lanes(float* x, std::size_t n) {
    for (std::size_t i = 0; i < n; i += kLanes) {
        const std::size_t count = n - i < kLanes ? n - i : kLanes;
        Lanes v = {};
        std::memcpy(&v, x + i, count * sizeof(float));
        Lanes e = -v;
        exp_lanes(e);
        v = v / (1.0F + e);
        std::memcpy(x + i, &v, count * sizeof(float));
    }
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
[[gnu::target("avx2,fma")]] double shifted_avx2(float* x, std::size_t n, float shift) { return shifted_sum(x, n, shift); }
[[gnu::target("avx2,fma")]] float largest_avx2(const float* x, std::size_t n) { return largest_of(x, n); }
[[gnu::target("avx2,fma")]] void silu_avx2(float* x, std::size_t n) { silu_lanes(x, n); }
[[gnu::target("avx512f")]] double shifted_avx512(float* x, std::size_t n, float shift) { return shifted_sum(x, n, shift); }
[[gnu::target("avx512f")]] float largest_avx512(const float* x, std::size_t n) { return largest_of(x, n); }
[[gnu::target("avx512f")]] void silu_avx512(float* x, std::size_t n) { silu_lanes(x, n); }
#endif

const Functions& functions() {
    static const Functions chosen = [] {
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx512f")) return Functions{largest_avx512, shifted_avx512, silu_avx512};
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Functions{largest_avx2, shifted_avx2, silu_avx2};
#endif
        return Functions{largest_portable, shifted_portable, silu_portable};
    }();
    return chosen;
}

}  // namespace

double exp_shifted(std::span<float> x, float shift) { return functions().shifted(x.data(), x.size(), shift); }

float largest(std::span<const float> x) { return functions().largest(x.data(), x.size()); }

void silu_all(std::span<float> x) { functions().silu(x.data(), x.size()); }

}  // namespace attnx::forward
