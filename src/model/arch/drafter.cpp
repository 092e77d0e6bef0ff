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
    if (taps && taps->size() != 3) hparams.refuse(fmt::format("target_layers has {} entries, not 3", taps->size()));
}

void require_stage_keys(Hparams& hparams) {
    for (const std::string_view key :
         {"attention.q_lora_rank", "expert_shared_count", "expert_gating_func", "attention.output_group_count",
          "attention.output_lora_rank", "hyper_connection.sinkhorn_iterations"})
        hparams.u32(key, Need::required);
    hparams.f32("expert_weights_scale", Need::required);
    hparams.boolean("expert_weights_norm", Need::required);
    hparams.f32("hyper_connection.epsilon", Need::required);
    hparams.require("expert_feed_forward_length");
    hparams.require("swiglu_clamp_exp");
}

// Every layer slides.
void slide_everywhere(Draft& draft) {
    draft.window.type = WindowType::standard;
    draft.sliding.assign(draft.layer_count_all, true);
}

void deepseek4_stage(Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kSquareRootSoftplus = 4;
    require_stage_keys(hparams);
    if (hparams.u32("expert_gating_func").value_or(kSquareRootSoftplus) != kSquareRootSoftplus)
        hparams.refuse("expert_gating_func is not the square root of softplus");
    const auto ratios = hparams.u32_array("attention.compress_ratios").value_or(std::vector<std::uint32_t>{});
    if (std::ranges::any_of(ratios, [](std::uint32_t ratio) { return ratio != 0; }))
        hparams.refuse("attention.compress_ratios: a draft stage must be uncompressed");
    if (draft.window.size == 0) hparams.refuse("attention.sliding_window is missing or 0");
    slide_everywhere(draft);
    draft.rope.type = RopeType::norm;
}

// Blocks of Mistral Large 4 (b12032, models/dflash.cpp): a block of drafts sees the window of its first token.
void latent_stage(Draft& draft, Hparams& hparams) {
    draft.head_k_mla = hparams.u32("attention.key_length_mla", Need::required).value_or(0);
    draft.head_v_mla = hparams.u32("attention.value_length_mla", Need::required).value_or(0);
    if (hparams.u32("attention.sliding_window", Need::required) == 0U) hparams.refuse("attention.sliding_window is 0");
    if (std::uint64_t{draft.key_value_rank} + draft.rope_dimensions != draft.head_k)
        hparams.refuse("attention.key_length is not attention.kv_lora_rank and the rotated dimensions");
    slide_everywhere(draft);
}

// LiLiCorr: a small model that corrects drafts.
void check_correction(const Draft& draft, Hparams& hparams) {
    if (!hparams.has("@lilicorr.hidden_size")) return;
    const auto size = [&](std::string_view key) { return hparams.u32(key, Need::required).value_or(0); };
    const std::uint32_t hidden = size("@lilicorr.hidden_size"), heads = size("@lilicorr.num_heads");
    const std::uint64_t candidates = size("@lilicorr.candidate_topk");
    const bool none = candidates == 0 || size("@lilicorr.num_layers") == 0 || hidden == 0;
    hparams.f32("@lilicorr.vector_eps", Need::required);
    hparams.f32("@lilicorr.logit_scale", Need::required);
    if (none || heads == 0 || hidden % heads != 0 || hparams.u32("block_size").value_or(0) < 2 ||
        hparams.u32("selector_top_k").value_or(0) > 0 || candidates * (candidates + 1) > draft.embedding)
        hparams.refuse("the sizes of the lilicorr head are not usable");
}

void stage_or_plain(Draft& draft, Hparams& hparams) {
    if (const auto name = hparams.string("hidden_activation");
        name && *name != "silu" && *name != "gelu" && *name != "gelu_pytorch_tanh")
        hparams.refuse(fmt::format("hidden_activation is {}", *name));
    check_correction(draft, hparams);
    hparams.u32_array("target_layers", Need::required);
    if (draft.hyper_connections > 0) return deepseek4_stage(draft, hparams);
    if (hparams.has("attention.kv_lora_rank")) return latent_stage(draft, hparams);
    if (draft.window.type == WindowType::none) return;
    if (const auto flags =
            hparams.u32_layers("attention.sliding_window_pattern", draft.layer_count_all, Need::required))
        for (std::uint32_t i = 0; i < draft.layer_count_all; ++i) draft.sliding[i] = (*flags)[i] != 0;
}

constexpr std::string_view kReadsTarget = "it reads hidden states of the model it drafts for";
constexpr std::string_view kNeedsTarget = "it has no token embedding or output head of its own";

constexpr ArchTraits kDrafterRows[] = {
    {.name = "eagle3",
     .title = "EAGLE-3 drafter",
     .tensors = eagle3_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{target_hidden_size},
     .reads = {norm_before_residual, norm_before_fc, target_layers},
     .refine = tap_three_layers,
     .needs_target = kNeedsTarget,
     .compute = {.refusal = kReadsTarget}},
    {.name = "dflash",
     .title = "DFlash drafter",
     .tensors = dflash_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {hyper_connection_count, target_layers, kv_lora_rank, expert_feed_forward_length, expert_shared_count,
               q_lora_rank, hidden_activation},
     .window = {.when = WindowWhen::key_positive, .pattern = PatternKey::by_refine, .rope = SlidingRope::model},
     .refine = stage_or_plain,
     .needs_target = kNeedsTarget,
     .compute = {.refusal = kReadsTarget}},
};

}  // namespace

std::span<const ArchTraits> drafter_family() { return kDrafterRows; }

}  // namespace attnx::model
