#include "position_bias.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "../kernel.h"

namespace attnx::forward {

namespace {

constexpr std::uint32_t kFarDistance = 128;  // from here on all distances have the last bucket

// ALiBi's slope of a head, for head counts that are no power of two as well.
float alibi_slope(float max_bias, std::uint32_t head, std::uint32_t heads) {
    if (max_bias <= 0.0F) return 0.0F;
    const std::uint32_t power = std::bit_floor(heads);
    const float base = head < power ? std::exp2(-max_bias / static_cast<float>(power))
                                    : std::exp2(-max_bias / 2.0F / static_cast<float>(power));
    const auto exponent = head < power ? head + 1 : 2 * (head - power) + 1;
    return std::pow(base, static_cast<float>(exponent));
}

// T5's bucket of a distance in an encoder: half for keys after the query, half before; exact when near, logarithmic up
// to 128.
std::uint32_t bidirectional_bucket(std::int64_t distance, std::uint32_t buckets) {
    const std::uint32_t half = buckets / 2;
    const std::uint32_t exact = half / 2;
    const auto away = static_cast<std::uint32_t>(std::abs(distance));
    const std::uint32_t side = distance > 0 ? half : 0;
    if (away < exact) return side + away;
    const double x = std::log(static_cast<double>(away) / exact) * (half - exact) /
                     std::log(static_cast<double>(kFarDistance) / exact);
    return side + std::min(half - 1, exact + static_cast<std::uint32_t>(std::floor(x)));
}

}  // namespace

bool fits_buckets(std::uint32_t buckets) { return buckets >= 4 && buckets < 4 * kFarDistance; }

void PositionBias::add(std::span<float> scores, std::uint32_t first_key, std::uint32_t query,
                       std::uint32_t head) const {
    const float slope = alibi_slope(plan_->max_alibi_bias, head, plan_->heads);
    if (slope == 0.0F && relative_.empty()) return;
    for (std::size_t j = 0; j < scores.size(); ++j) {
        const auto distance = static_cast<std::int64_t>(first_key + j) - query;
        if (slope != 0.0F) scores[j] = fused(-slope, static_cast<float>(std::abs(distance)), scores[j]);
        if (!relative_.empty())
            scores[j] +=
                relative_[std::size_t{bidirectional_bucket(distance, plan_->relative_buckets)} * plan_->heads + head];
    }
}

}  // namespace attnx::forward
