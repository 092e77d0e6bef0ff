// Drafters: small models that guess tokens from a target model's hidden states. They keep K/V of their own,
// but llama.cpp creates their context only beside the target's unless they ship an embedding and an output
// head (llama-context.cpp:137-165).
//
// EAGLE-3 taps exactly three target layers. DFlash with hyper_connection.count is a DeepSeek-V4 stage: normal
// rope, every layer slides, no compression; without it a window, if any, must name its layers
// (models/dflash.cpp:24-72).
#include <fmt/format.h>

#include <algorithm>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

void tap_three_layers(Draft&, Hparams& hparams) {
    const auto taps = hparams.u32_array("target_layers", Need::required);
    if (taps && taps->size() != 3)
        hparams.refuse(fmt::format("target_layers has {} entries, not 3", taps->size()));
}

void require_stage_keys(Hparams& hparams) {
    for (const std::string_view key :
         {"attention.q_lora_rank", "expert_feed_forward_length", "expert_shared_count", "expert_gating_func",
          "attention.output_group_count", "attention.output_lora_rank",
          "hyper_connection.sinkhorn_iterations"})
        hparams.u32(key, Need::required);
    hparams.f32("expert_weights_scale", Need::required);
    hparams.boolean("expert_weights_norm", Need::required);
    hparams.f32("hyper_connection.epsilon", Need::required);
    hparams.require("swiglu_clamp_exp");
}

void deepseek4_stage(Draft& draft, Hparams& hparams) {
    require_stage_keys(hparams);
    const auto ratios = hparams.u32_array("attention.compress_ratios").value_or(std::vector<std::uint32_t>{});
    if (std::ranges::any_of(ratios, [](std::uint32_t ratio) { return ratio != 0; }))
        hparams.refuse("attention.compress_ratios: a draft stage must be uncompressed");
    if (draft.window.size == 0) hparams.refuse("attention.sliding_window is missing or 0");
    draft.window.type = WindowType::standard;
    draft.sliding.assign(draft.layer_count_all, true);
    draft.rope.type = RopeType::norm;
}

void stage_or_plain(Draft& draft, Hparams& hparams) {
    hparams.u32_array("target_layers", Need::required);
    if (draft.hyper_connections > 0) return deepseek4_stage(draft, hparams);
    if (draft.window.type == WindowType::none) return;
    if (const auto flags =
            hparams.u32_layers("attention.sliding_window_pattern", draft.layer_count_all, Need::required))
        for (std::uint32_t i = 0; i < draft.layer_count_all; ++i) draft.sliding[i] = (*flags)[i] != 0;
}

constexpr std::string_view kReadsTarget = "it reads hidden states of the model it drafts for";
constexpr std::string_view kNeedsTarget = "it has no token embedding or output head of its own";

constexpr ArchTraits kRows[] = {
    {.name = "eagle3",
     .title = "EAGLE-3 drafter",
     .rope = RopeType::norm,
     .needs = rms | KeySet{target_hidden_size},
     .reads = {norm_before_residual, norm_before_fc, target_layers},
     .refine = tap_three_layers,
     .needs_target = kNeedsTarget,
     .compute = {.refusal = kReadsTarget}},
    {.name = "dflash",
     .title = "DFlash drafter",
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {hyper_connection_count, target_layers},
     .window = {.when = WindowWhen::key_positive,
                .pattern = PatternKey::by_refine,
                .rope = SlidingRope::model},
     .refine = stage_or_plain,
     .needs_target = kNeedsTarget,
     .compute = {.refusal = kReadsTarget}},
};

}  // namespace

std::span<const ArchTraits> drafter_family() { return kRows; }

}  // namespace attnx::model
