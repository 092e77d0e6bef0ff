// Decoders with layer norm, most of them from before Llama: learned, ALiBi or partial rotary positions, often
// one fused QKV.
//
// Falcon refuses a rope.dimension_count other than the head dimension (llama-model.cpp:1204). Grok caps its
// scores at 30 and cannot use flash attention, so its V cache is transposed and never quantised
// (llama-context.cpp:3544). GPT-J is in llama.cpp's list of names, but nothing loads it.
#include <fmt/format.h>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

// Grok scales its scores inside the soft cap (llama-graph.cpp:2579).
void scale_inside_cap(Draft& draft, Hparams& hparams) {
    constexpr std::string_view kScale = "attention.output_scale";
    const auto scale = hparams.f32(kScale);
    draft.attention_scale = scale.value_or(0.08838834764831845F);
    if (scale)
        hparams.fact_from_key("attention_scale", fmt::format("{}", *scale), kScale);
    else
        hparams.fact("attention_scale", "0.0883883", Source::architecture, "no key says otherwise");
}

constexpr ArchTraits kRows[] = {
    {.name = "gpt2", .title = "GPT-2", .rope = RopeType::none, .needs = norm},
    {.name = "gptj",
     .title = "GPT-J",
     .rope = RopeType::none,
     .unsupported = "llama.cpp knows the name gptj but loads no such model"},
    {.name = "gptneox",
     .title = "GPT-NeoX",
     .rope = RopeType::neox,
     .needs = norm | KeySet{use_parallel_residual}},
    {.name = "mpt",
     .title = "MPT",
     .rope = RopeType::none,
     .needs = norm,
     .reads = {clamp_kqv, max_alibi_bias}},
    {.name = "bloom", .title = "BLOOM", .rope = RopeType::none, .needs = norm},
    {.name = "falcon", .title = "Falcon", .rope = RopeType::neox, .needs = norm, .rope_spans_head = true},
    {.name = "starcoder", .title = "StarCoder", .rope = RopeType::norm, .needs = norm},
    {.name = "starcoder2", .title = "StarCoder2", .rope = RopeType::neox, .needs = norm},
    {.name = "codeshell", .title = "CodeShell", .rope = RopeType::neox, .needs = norm},
    {.name = "stablelm", .title = "StableLM", .rope = RopeType::neox, .needs = norm},
    {.name = "jais", .title = "Jais", .rope = RopeType::none, .needs = norm, .reads = {max_alibi_bias}},
    {.name = "jais2", .title = "Jais 2", .rope = RopeType::neox, .needs = norm},
    {.name = "nemotron", .title = "Nemotron", .rope = RopeType::neox, .needs = norm},
    {.name = "dbrx", .title = "DBRX", .rope = RopeType::neox, .needs = norm | KeySet{clamp_kqv}},
    {.name = "grok",
     .title = "Grok",
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {expert_feed_forward_length, logit_scale, embedding_scale, output_scale, attn_logit_softcapping,
               router_logit_softcapping, final_logit_softcapping, temperature_length, yarn_ext_factor,
               yarn_attn_factor, yarn_beta_fast, yarn_beta_slow},
     .no_flash_attention = true,
     .dense_beside_experts = true,
     .attention_softcap = 30.0F,
     .refine = scale_inside_cap},
};

}  // namespace

std::span<const ArchTraits> gpt_classic_family() { return kRows; }

}  // namespace attnx::model
