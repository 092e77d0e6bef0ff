// Scaling types: none, linear (frequencies divided by the factor), yarn (arXiv 2309.00071), longrope (factors
// in tensors). With YaRN, ggml multiplies lengths by 1 + 0.1 ln(factor) on its own; `magnitude` is what is
// left after that is cancelled.
#include "rotation.h"

#include <algorithm>
#include <cmath>

#include "attnx/model/visible.h"

namespace attnx::model {
namespace {

struct Yarn {
    float extrapolation, magnitude, beta_fast, beta_slow, log_multiplier;
    bool cancelled;  // the multiplier applies to numerator and denominator alike
};

// Those that the row heeds, as llama.cpp's hyper-parameters are without them.
Yarn yarn_keys(const ArchTraits& row, Hparams& hparams) {
    const auto read = [&](Key key, std::string_view suffix, float otherwise) {
        return row.reads.contains(key) ? hparams.f32(suffix).value_or(otherwise) : otherwise;
    };
    Yarn yarn{.extrapolation = read(Key::yarn_ext_factor, "rope.scaling.yarn_ext_factor", -1.0F),  // by the type
              .magnitude = read(Key::yarn_attn_factor, "rope.scaling.yarn_attn_factor", 1.0F),
              .beta_fast = read(Key::yarn_beta_fast, "rope.scaling.yarn_beta_fast", row.compute.yarn_beta_fast),
              .beta_slow = read(Key::yarn_beta_slow, "rope.scaling.yarn_beta_slow", 1.0F),
              .log_multiplier = read(Key::yarn_log_multiplier, "rope.scaling.yarn_log_multiplier", 0.0F),
              .cancelled = row.compute.yarn_log == YarnLog::tenths_cancelled};
    if (row.compute.yarn_log != YarnLog::plain) yarn.log_multiplier /= 0.1F;
    return yarn;
}

// YaRN's length correction for a context grown by `factor`.
float length_of(float factor, float multiplier) {
    return factor <= 1.0F ? 1.0F : 0.1F * multiplier * std::log(factor) + 1.0F;
}

float yarn_magnitude(const Yarn& yarn, float scale) {
    const float factor = 1.0F / scale;
    float magnitude = length_of(factor, 1.0F);
    if (yarn.log_multiplier != 0.0F) {
        const float above = yarn.cancelled ? yarn.log_multiplier : 1.0F;
        magnitude = length_of(factor, above) / length_of(factor, yarn.log_multiplier);
    }
    return magnitude / (1.0F + 0.1F * std::log(factor));
}

RopePlan model_plan(const Draft& draft, const Yarn& yarn, Hparams& keys) {
    const RopeSpec& rope = draft.rope;
    RopePlan plan;
    plan.type = rope.type;
    plan.base = rope.freq_base.value_or(10000.0F);
    const float factor = rope.scaling_type == "none" ? 0.0F : rope.scaling_factor.value_or(0.0F);
    plan.scale = factor != 0.0F ? 1.0F / factor : 1.0F;
    plan.extrapolation = yarn.extrapolation >= 0.0F ? yarn.extrapolation : rope.scaling_type == "yarn" ? 1.0F : 0.0F;
    plan.magnitude = plan.extrapolation != 0.0F ? yarn_magnitude(yarn, plan.scale) : yarn.magnitude;
    plan.magnitude *= keys.f32("rope.scaling.attn_factor").value_or(1.0F);
    plan.beta_fast = yarn.beta_fast;
    plan.beta_slow = yarn.beta_slow;
    plan.original_context = rope.original_context_length.value_or(draft.context);
    for (std::size_t i = 0; i < plan.sections.size() && i < rope.sections.size(); ++i)
        plan.sections[i] = rope.sections[i];
    return plan;
}

RopePlan sliding_plan(const ArchTraits& row, const Draft& draft, const RopePlan& full) {
    RopePlan plan = full;
    plan.base = draft.rope.freq_base_sliding.value_or(full.base);
    plan.file_factors = row.compute.sliding_rope_factors && full.file_factors;
    switch (row.window.rope) {
        case SlidingRope::own:
        case SlidingRope::model: break;
        case SlidingRope::fresh:
        case SlidingRope::own_base: plan.scale = 1.0F; break;
        case SlidingRope::own_unscaled:
        case SlidingRope::model_unscaled:
            plan.scale = 1.0F;
            plan.extrapolation = 0.0F;
            plan.magnitude = 1.0F;
            break;
    }
    return plan;
}

float inverse_root(std::uint32_t n) { return n == 0 ? 1.0F : 1.0F / std::sqrt(static_cast<float>(n)); }

}  // namespace

Rotations::Rotations(const ArchTraits& row, const Draft& draft, Hparams& hparams) : row_(row), draft_(draft) {
    if (row.compute.plain_rope) {
        full_ = sliding_ = RopePlan{.type = row.compute.plain_rope_as.value_or(draft.rope.type), .file_factors = false};
        return;
    }
    if (row.compute.rope_half) {
        full_ = sliding_ =
            RopePlan{.type = RopeType::neox, .base = draft.rope.freq_base.value_or(10000.0F), .file_factors = false};
        return;
    }
    const Yarn yarn = yarn_keys(row, hparams);
    full_ = model_plan(draft, yarn, hparams);
    sliding_ = sliding_plan(row, draft, full_);
    const float log_factor = std::log(1.0F / full_.scale);
    const float original = full_.magnitude * (1.0F + 0.1F * log_factor);
    score_factor_ = original * (1.0F + 0.1F * yarn.log_multiplier * log_factor);
    score_factor_ *= score_factor_;
}

bool Rotations::rotates(std::uint32_t layer) const {
    if (draft_.rope.type == RopeType::none || !draft_.rotates) return false;
    if (!draft_.rotated.empty()) return draft_.rotated[layer];
    const bool sliding = draft_.sliding[layer];
    const bool windowed = draft_.window.type != WindowType::none;
    switch (row_.compute.rope_layers) {
        case RopeLayers::all: return true;
        case RopeLayers::none: return false;
        case RopeLayers::sliding: return sliding;
        case RopeLayers::sliding_if_any: return sliding || !windowed;
        case RopeLayers::sliding_or_leading_dense: return sliding || layer < draft_.leading_dense;
        case RopeLayers::not_every_fourth_or_last:
            if (!windowed) return layer + 1 < draft_.layer_count_all;
            return (layer + 1) % 4 != 0;
        case RopeLayers::not_every_fourth: return (layer + 1) % 4 != 0;
        case RopeLayers::not_first_of_four: return !windowed || layer % 4 != 0;
    }
    return true;
}

float Rotations::score_scale(const LayerSpec& layer) const {
    if (draft_.attention_scale) return *draft_.attention_scale;
    // Compressed keys are those of a narrow head; scores are scaled as if they were not.
    const bool compressed = layer.kind == LayerKind::mla && draft_.head_k_mla != 0;
    const std::uint32_t latent =
        layer.sliding && draft_.head_k_mla_sliding != 0 ? draft_.head_k_mla_sliding : draft_.head_k_mla;
    const std::uint32_t head = compressed ? latent : layer.head_dim_k;
    switch (row_.compute.scale) {
        case ScaleRule::inv_sqrt_head: return inverse_root(head);
        case ScaleRule::inv_head: return head == 0 ? 1.0F : 1.0F / static_cast<float>(head);
        case ScaleRule::inv_sqrt_rope: return inverse_root(layer.rope_dimensions);
        case ScaleRule::yarn_squared: return score_factor_ * inverse_root(head);
    }
    return 1.0F;
}

void Rotations::describe(LayerSpec& layer) const {
    if (!attends(layer)) return;
    layer.score_scale = score_scale(layer);
    if (!rotates(layer.index)) return;
    layer.rotation = layer.sliding && !layer.compress_ratio ? sliding_ : full_;
    if (layer.compress_ratio) layer.rotation->base = draft_.compress_rope_base.value_or(full_.base);
    layer.rotation->dimensions = row_.compute.rope_over_head ? layer.head_dim_k : layer.rope_dimensions;
    if (row_.compute.rope_half) layer.rotation->dimensions = layer.head_dim_k / 2;
}

}  // namespace attnx::model
