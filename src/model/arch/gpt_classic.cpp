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
    if (scale) hparams.fact_from_key("score_scale", fmt::format("{}", *scale), kScale);
    else hparams.fact("score_scale", "0.0883883", Source::architecture, "no key says otherwise");
}

void grok(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.logit_scale = keys.f32_or("logit_scale", 0.5773502691896257F);
    graph.embedding_scale = keys.f32_or("embedding_scale", 78.38367176906169F);
    if (!keys.has_tensor(Stack::trunk, Stem::layer_output_norm)) graph.names.after_ffn = Stem::post_ffw_norm;
}

void gptneox(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    if (keys.boolean("use_parallel_residual").value_or(false)) graph.plan = BlockPlan::parallel;
}

// Without a norm of its own, the feed-forward network takes the mixer's input.
void stablelm(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    if (!keys.has_tensor(Stack::trunk, Stem::ffn_norm)) graph.plan = BlockPlan::parallel;
}

void mpt(Graph& graph, PlanKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers) layer.attention.k_norm_alone = false;
}

constexpr ArchTraits kGptClassicRows[] = {
    {.name = "gpt2",
     .title = "GPT-2",
     .tensors = gpt2_tensors,
     .rope = RopeType::none,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .rope_layers = RopeLayers::none, .activation = Activation::gelu}},
    {.name = "gptj",
     .title = "GPT-J",
     .rope = RopeType::none,
     .unsupported = "llama.cpp knows the name gptj but loads no such model",
     .compute = {.refusal = "llama.cpp loads no such model"}},
    {.name = "gptneox",
     .title = "GPT-NeoX",
     .tensors = gptneox_tensors,
     .rope = RopeType::neox,
     .needs = norm | KeySet{use_parallel_residual},
     .compute = {.norm = NormKind::layer, .activation = Activation::gelu, .refine = gptneox}},
    {.name = "mpt",
     .title = "MPT",
     .tensors = mpt_tensors,
     .rope = RopeType::none,
     .needs = norm,
     .reads = {clamp_kqv, max_alibi_bias},
     .compute = {.norm = NormKind::layer,
                 .rope_layers = RopeLayers::none,
                 .clamp_key = true,
                 .alibi_key = true,
                 .activation = Activation::gelu,
                 .refine = mpt}},
    {.name = "bloom",
     .title = "BLOOM",
     .tensors = bloom_tensors,
     .rope = RopeType::none,
     .needs = norm,
     .compute = {.norm = NormKind::layer,
                 .rope_layers = RopeLayers::none,
                 .max_alibi_bias = 8.0F,
                 .activation = Activation::gelu}},
    {.name = "falcon",
     .title = "Falcon",
     .tensors = falcon_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .rope_spans_head = true,
     .compute = {.plan = BlockPlan::parallel,
                 .norm = NormKind::layer,
                 .names = {.before_mixer_alone = Stem::attn_norm_2},
                 .attention_output_bias = false,
                 .activation = Activation::gelu,
                 .ffn_biases = false}},
    {.name = "starcoder",
     .title = "StarCoder",
     .tensors = gpt2_tensors,
     .rope = RopeType::norm,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .rope_layers = RopeLayers::none, .activation = Activation::gelu}},
    {.name = "starcoder2",
     .title = "StarCoder2",
     .tensors = starcoder2_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .activation = Activation::gelu}},
    {.name = "codeshell",
     .title = "CodeShell",
     .tensors = codeshell_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .activation = Activation::gelu}},
    {.name = "stablelm",
     .title = "StableLM",
     .tensors = stablelm_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .attention_output_bias = false, .ffn_biases = false, .refine = stablelm}},
    {.name = "jais",
     .title = "Jais",
     .tensors = jais_tensors,
     .rope = RopeType::none,
     .needs = norm,
     .reads = {max_alibi_bias},
     .compute =
         {.norm = NormKind::layer, .scale = ScaleRule::inv_head, .rope_layers = RopeLayers::none, .alibi_key = true}},
    {.name = "jais2",
     .title = "Jais 2",
     .tensors = jais2_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .activation = Activation::relu_squared}},
    {.name = "nemotron",
     .title = "Nemotron",
     .tensors = nemotron_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .activation = Activation::relu_squared}},
    {.name = "dbrx",
     .title = "DBRX",
     .tensors = dbrx_tensors,
     .rope = RopeType::neox,
     .needs = norm | KeySet{clamp_kqv},
     .compute = {.norm = NormKind::layer,
                 .names = {.before_ffn = Stem::attn_output_norm},
                 .clamp_key = true,
                 .attention_output_bias = false}},
    {.name = "grok",
     .title = "Grok",
     .tensors = grok_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {expert_feed_forward_length, logit_scale, embedding_scale, output_scale, attn_logit_softcapping,
               router_logit_softcapping, final_logit_softcapping, temperature_length, yarn_ext_factor, yarn_attn_factor,
               yarn_beta_fast, yarn_beta_slow},
     .no_flash_attention = true,
     .dense_beside_experts = true,
     .attention_softcap = 30.0F,
     .refine = scale_inside_cap,
     .compute = {.names = {.after_mixer = Stem::attn_output_norm, .after_ffn = Stem::layer_output_norm},
                 .yarn_beta_fast = 8.0F,
                 .activation = Activation::gelu,
                 .mix = FfnMix::averaged,
                 .refine = grok}},
};

}  // namespace

std::span<const ArchTraits> gpt_classic_family() { return kGptClassicRows; }

}  // namespace attnx::model
