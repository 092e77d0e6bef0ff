// Scaling types: none, linear (frequencies divided by the factor), yarn (arXiv 2309.00071), longrope (factors in tensors).
// With YaRN, ggml multiplies lengths by 1 + 0.1 ln(factor) on its own; `magnitude` is what is left after that is cancelled.
#include "graph_rope.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::model {

namespace {

struct Yarn {
    float extrapolation = -1.0F;  // negative: as the scaling type says
    float magnitude = 1.0F;
    float beta_fast = 32.0F, beta_slow = 1.0F;
    float log_multiplier = 0.0F;
    bool cancelled = false;       // the multiplier applies to numerator and denominator alike
};

Yarn yarn_keys(YarnKeys which, PlanKeys& keys) {
    Yarn y;
    if (which == YarnKeys::none) return y;
    if (which == YarnKeys::betas_and_log || which == YarnKeys::all_but_log) {
        if (which == YarnKeys::all_but_log) y.beta_fast = 8.0F;
        y.beta_fast = keys.f32_or("rope.scaling.yarn_beta_fast", y.beta_fast);
        y.beta_slow = keys.f32_or("rope.scaling.yarn_beta_slow", y.beta_slow);
    }
    if (which == YarnKeys::all_but_log) {
        y.extrapolation = keys.f32_or("rope.scaling.yarn_ext_factor", y.extrapolation);
        y.magnitude = keys.f32_or("rope.scaling.yarn_attn_factor", y.magnitude);
        return y;
    }
    y.log_multiplier = keys.f32_or("rope.scaling.yarn_log_multiplier", 0.0F);
    if (which != YarnKeys::betas_and_log) y.log_multiplier /= 0.1F;
    y.cancelled = which == YarnKeys::log_tenths_cancelled;
    return y;
}

float linear_scale(PlanKeys& keys) {
    const float old_key = keys.f32_or("rope.scale_linear", 0.0F);
    const float factor = keys.f32_or("rope.scaling.factor", old_key);
    return factor != 0.0F ? 1.0F / factor : 1.0F;
}

// YaRN's length correction for a context grown by `factor`.
float length_of(float factor, float multiplier) { return factor <= 1.0F ? 1.0F : 0.1F * multiplier * std::log(factor) + 1.0F; }

float yarn_magnitude(const Yarn& yarn, float scale) {
    const float factor = 1.0F / scale;
    float magnitude = length_of(factor, 1.0F);
    if (yarn.log_multiplier != 0.0F) {
        const float above = yarn.cancelled ? yarn.log_multiplier : 1.0F;
        magnitude = length_of(factor, above) / length_of(factor, yarn.log_multiplier);
    }
    return magnitude / (1.0F + 0.1F * std::log(factor));
}

RopePlan sliding_plan(SlidingRope rule, bool factors, const RopePlan& full, PlanKeys& keys) {
    RopePlan plan = full;
    plan.file_factors = factors && full.file_factors;
    const bool fresh = rule == SlidingRope::fresh_base;
    if (fresh || rule == SlidingRope::own_base || rule == SlidingRope::own_base_unscaled) {
        plan.base = keys.f32_or("rope.freq_base_swa", fresh ? 10000.0F : full.base);
    }
    if (fresh) plan.scale = 1.0F;
    if (rule == SlidingRope::unscaled || rule == SlidingRope::own_base_unscaled) {
        plan.scale = 1.0F;
        plan.extrapolation = 0.0F;
        plan.magnitude = 1.0F;
    }
    return plan;
}

}  // namespace

ModelRope model_rope(const ComputeTraits& traits, PlanKeys& keys, const ModelSpec& spec) {
    const std::string type(keys.string("rope.scaling.type").value_or("linear"));
    if (type != "none" && type != "linear" && type != "yarn" && type != "longrope") {
        throw Error(ErrorCode::bad_value, fmt::format("rope scaling type \"{}\" is not known", type), {{}, {}, keys.key("rope.scaling.type")});
    }
    const Yarn yarn = yarn_keys(traits.yarn, keys);
    ModelRope rope;
    RopePlan& plan = rope.plan;
    plan.type = spec.rope.type;
    plan.base = keys.f32_or("rope.freq_base", 10000.0F);
    plan.scale = type == "none" ? 1.0F : linear_scale(keys);
    plan.extrapolation = yarn.extrapolation >= 0.0F ? yarn.extrapolation : type == "yarn" ? 1.0F : 0.0F;
    plan.magnitude = plan.extrapolation != 0.0F ? yarn_magnitude(yarn, plan.scale) : yarn.magnitude;
    plan.magnitude *= keys.f32_or("rope.scaling.attn_factor", 1.0F);
    plan.beta_fast = yarn.beta_fast;
    plan.beta_slow = yarn.beta_slow;
    plan.original_context = keys.u32("rope.scaling.original_context_length").value_or(spec.context_length);
    for (std::size_t i = 0; i < plan.sections.size() && i < spec.rope.sections.size(); ++i) plan.sections[i] = spec.rope.sections[i];
    rope.sliding = sliding_plan(traits.sliding_rope, traits.sliding_rope_factors, plan, keys);
    const float log_factor = std::log(1.0F / plan.scale);
    const float original = plan.magnitude * (1.0F + 0.1F * log_factor);
    rope.score_factor = original * (1.0F + 0.1F * yarn.log_multiplier * log_factor);
    rope.score_factor *= rope.score_factor;
    return rope;
}

bool rotates(RopeLayers rule, const ModelSpec& spec, std::uint32_t layer, std::uint32_t leading_dense) {
    const bool sliding = spec.layers[layer].sliding;
    const bool windowed = spec.window.type != WindowType::none;
    switch (rule) {
        case RopeLayers::all: return true;
        case RopeLayers::none: return false;
        case RopeLayers::sliding: return sliding;
        case RopeLayers::sliding_if_any: return sliding || !windowed;
        case RopeLayers::sliding_or_leading_dense: return sliding || layer < leading_dense;
        case RopeLayers::not_every_fourth: return (layer + 1) % 4 != 0;
        case RopeLayers::not_first_of_four: return !windowed || layer % 4 != 0;
    }
    return true;
}

}  // namespace attnx::model
