// Decoders of Llama's outline from other houses: rotary positions, RMS or layer norm, gated feed-forward.
//
// PLaMo 3 and Mellum slide only when attention.sliding_window is positive; in Mellum the pattern is a period
// or one flag per layer (models/plamo3.cpp:5-14, models/mellum.cpp:6-25). OpenELM has per-layer head
// counts. Refact adds ALiBi.
#include <fmt/format.h>

#include <cmath>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

// llama.cpp loads a mixture of experts, but its graph has silu(x) in the place of the dense network that is
// not there.
void leave_out_experts(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    if (keys.u32("expert_count").value_or(0) == 0) return;
    for (LayerPlan& layer : graph.layers) layer.ffn.silu_for_experts = true;
    graph.findings.push_back(
        {FindingId::key_ignored,
         fmt::format("{}: llama.cpp loads the experts and computes without them, and so does attnx; "
                     "no model was trained that way",
                     keys.key("expert_count"))});
}

void minicpm(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    graph.embedding_scale = keys.f32_or("embedding_scale", 12.0F);
    graph.residual_scale = keys.f32_or("residual_scale", 1.4F / std::sqrt(static_cast<float>(spec.layer_count)));
    graph.logit_scale = 1.0F / keys.f32_or("logit_scale", 256.0F / static_cast<float>(graph.width));
}

// Only the 32-layer model rotates, the 40-layer one has ALiBi; others have neither in llama.cpp.
void rotate_when_small(Draft& draft, Hparams& hparams) {
    draft.rotates = draft.layer_count_all == 32;
    if (!draft.rotates) hparams.fact("rope/layers", "none", Source::architecture, "only the 32-layer model rotates");
}

void alibi_when_large(Graph& graph, PlanKeys&, const ModelSpec& spec) {
    if (spec.layer_count != 40) return;
    for (auto& layer : graph.layers) layer.attention.max_alibi_bias = 8.0F;
}

// The embedding, normalised, is added again after each block, weighted per layer.
void talkie(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.logit_scale = keys.require_f32("logit_scale");
    graph.skip_from_embedding = true;
    graph.unweighted_embedding_norm = true;
}

constexpr ArchTraits kLlamaKinRows[] = {
    {.name = "baichuan",
     .title = "Baichuan",
     .tensors = xverse_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .refine = rotate_when_small,
     .compute = {.attention_output_bias = false, .refine = alibi_when_large}},
    {.name = "xverse", .title = "XVERSE", .tensors = xverse_tensors, .rope = RopeType::norm, .needs = rms},
    {.name = "internlm2", .title = "InternLM 2", .tensors = xverse_tensors, .rope = RopeType::norm, .needs = rms},
    {.name = "orion",
     .title = "Orion",
     .tensors = orion_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .attention_output_bias = false, .ffn_biases = false}},
    {.name = "minicpm",
     .title = "MiniCPM",
     .tensors = llama_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {embedding_scale, residual_scale, logit_scale},
     .compute = {.refine = minicpm}},
    {.name = "seed_oss",
     .title = "Seed-OSS",
     .tensors = seed_oss_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.names = {.after_mixer = Stem::unknown, .before_ffn = Stem::post_attention_norm}}},
    {.name = "talkie",
     .title = "Talkie",
     .tensors = talkie_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{logit_scale},
     .compute = {.unweighted_norms = true, .qk_norm = QkNorm::after_rope_q_weighted, .refine = talkie}},
    {.name = "mellum",
     .title = "Mellum",
     .tensors = mellum_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = {expert_gating_func, expert_weights_norm},
     .window = {.when = WindowWhen::key_positive, .period = 4, .rope = SlidingRope::own_unscaled}},
    {.name = "bitnet", .title = "BitNet", .tensors = bitnet_tensors, .rope = RopeType::neox, .needs = rms},
    {.name = "plamo",
     .title = "PLaMo",
     .tensors = plamo_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute =
         {.plan = BlockPlan::parallel, .rope_over_head = true, .attention_output_bias = false, .ffn_biases = false}},
    {.name = "plamo3",
     .title = "PLaMo 3",
     .tensors = plamo3_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .window = {.when = WindowWhen::key_positive, .period = 8},
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "refact",
     .title = "Refact",
     .tensors = llama_tensors,
     .rope = RopeType::none,
     .needs = rms,
     .compute = {.rope_layers = RopeLayers::none,
                 .max_alibi_bias = 8.0F,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .refine = leave_out_experts}},
    {.name = "openelm",
     .title = "OpenELM",
     .tensors = openelm_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
};

}  // namespace

std::span<const ArchTraits> llama_kin_family() { return kLlamaKinRows; }

}  // namespace attnx::model
