// Pair i turns by position * base^(-2i/dimensions). Scaling (linear and YaRN) blends the angle slowed down by `scale`
// with the original one: pairs that turn often within the original context keep it, pairs that turn less than once are
// slowed, those between are mixed along a ramp; lengths then grow by 0.1 ln(1/scale) + 1 (arXiv 2309.00071).
//
// Multi-section rope gives each section of pairs a position of its own (time, height, width, extra). Text has the same
// position in the first three and 0 in the fourth.
#include "rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "../kernel.h"
#include "attnx/base/checked.h"

namespace attnx::forward {

using model::RopePlan;
using model::RopeType;

namespace {

struct Ramp {
    float low = 0.0F, high = 0.0F;

    // 1: the original angle, 0: the interpolated one.
    float at(std::size_t pair) const {
        const float y = (static_cast<float>(pair) - low) / std::max(0.001F, high - low);
        return 1.0F - std::min(1.0F, std::max(0.0F, y));
    }
};

// The pair that makes `turns` turns within the original context.
float pair_of_turns(const RopePlan& plan, float turns) {
    const auto context = static_cast<float>(plan.original_context);
    return static_cast<float>(plan.dimensions) * std::log(context / (turns * 2.0F * std::numbers::pi_v<float>)) /
           (2.0F * std::log(plan.base));
}

Ramp ramp_of(const RopePlan& plan) {
    return {std::max(0.0F, std::floor(pair_of_turns(plan, plan.beta_fast))),
            std::min(static_cast<float>(plan.dimensions) - 1.0F, std::ceil(pair_of_turns(plan, plan.beta_slow)))};
}

// Whether a pair of multi-section rope follows the fourth position, which is 0 for text.
bool is_extra_section(const RopePlan& plan, std::size_t pair) {
    const auto& s = plan.sections;
    const std::size_t all = std::size_t{s[0]} + s[1] + s[2] + s[3];
    if (all == 0) return false;
    const std::size_t sector = pair % all;
    if (plan.type == RopeType::imrope) {
        return !((sector % 3 == 1 && sector < 3 * std::size_t{s[1]}) ||
                 (sector % 3 == 2 && sector < 3 * std::size_t{s[2]}) ||
                 (sector % 3 == 0 && sector < 3 * std::size_t{s[0]}));
    }
    return sector >= std::size_t{s[0]} + s[1] + s[2];
}

}  // namespace

RopeTable::RopeTable(const RopePlan& plan, std::span<const float> factors, std::uint32_t first, std::uint32_t count)
    : pairs_(plan.dimensions / 2),
      adjacent_(plan.type == RopeType::norm),
      cos_sin_(product({count, pairs_, 2}, "angles of the rotary embedding")) {
    if (!factors.empty()) (void)part(factors, 0, pairs_, "frequency factors");
    const bool sections = plan.type == RopeType::mrope || plan.type == RopeType::imrope;
    const bool yarn = plan.extrapolation != 0.0F;
    const Ramp ramp = yarn ? ramp_of(plan) : Ramp{};
    const float length = plan.magnitude * (yarn ? 1.0F + 0.1F * std::log(1.0F / plan.scale) : 1.0F);
    // The angle of each pair follows from the one before, in float, as in ggml: what comes out then agrees to the last
    // bits.
    const float step = std::pow(plan.base, -2.0F / static_cast<float>(plan.dimensions));
    for (std::uint32_t i = 0; i < count; ++i) {
        float angle = static_cast<float>(first + i);
        for (std::size_t pair = 0; pair < pairs_; ++pair, angle *= step) {
            const float original =
                (sections && is_extra_section(plan, pair) ? 0.0F : angle) / (factors.empty() ? 1.0F : factors[pair]);
            const float mix = yarn ? ramp.at(pair) * plan.extrapolation : 0.0F;
            const float slowed = plan.scale * original;
            const float turned = yarn ? fused(slowed, 1.0F - mix, original * mix) : slowed;
            float* out = cos_sin_.data() + (i * pairs_ + pair) * 2;
            out[0] = std::cos(turned) * length;
            out[1] = std::sin(turned) * length;
        }
    }
}

void RopeTable::turn(std::size_t i, std::span<float> head, float sense) const {
    float* const x = part(head, 0, 2 * pairs_, "dimensions to rotate").data();
    const float* cs = part(std::span(cos_sin_), i * pairs_ * 2, pairs_ * 2, "positions to rotate to").data();
    const std::size_t step = adjacent_ ? 2 : 1;
    const std::size_t other = adjacent_ ? 1 : pairs_;
    for (std::size_t pair = 0; pair < pairs_; ++pair) {
        float* a = x + pair * step;
        float* b = a + other;
        const float real = *a, imaginary = *b;
        const float cos = cs[pair * 2], sin = sense * cs[pair * 2 + 1];
        *a = fused(real, cos, -(imaginary * sin));  // one rounding less, where ggml's compilers put it
        *b = fused(real, sin, imaginary * cos);
    }
}

const RopeTable& RopeTables::of(const RopePlan& plan, std::span<const float> factors, std::uint32_t first,
                                std::uint32_t count) {
    const auto made = std::ranges::find_if(made_, [&](const Entry& entry) {
        return entry.plan == plan && entry.first == first && entry.count == count &&
               std::ranges::equal(entry.factors, factors);
    });
    if (made != made_.end()) return made->table;
    return made_
        .emplace_back(
            Entry{plan, {factors.begin(), factors.end()}, first, count, RopeTable(plan, factors, first, count)})
        .table;
}

}  // namespace attnx::forward
