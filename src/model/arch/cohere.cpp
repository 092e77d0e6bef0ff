// Cohere's Command models: parallel blocks, scaled logits. Command R7B and its mixture slide on most layers,
// and only those rotate. The mixture's pattern is a period whose first layer is full, or an array that is taken
// literally (models/cohere2moe.cpp).
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

void need_one_epsilon(Draft&, Hparams& hparams) {
    if (!hparams.has("attention.layer_norm_epsilon") && !hparams.has("attention.layer_norm_rms_epsilon"))
        hparams.require("attention.layer_norm_epsilon");
}

void logits_times_key(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    const float scale = keys.f32_or("logit_scale", 0.0F);
    if (scale != 0.0F) graph.logit_scale = scale;
}

// Files have one epsilon or the other, which also tells the kind of norm.
void cohere2moe(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    logits_times_key(graph, keys, spec);
    const float rms = keys.f32_or("attention.layer_norm_rms_epsilon", 0.0F);
    graph.norm = rms != 0.0F ? NormKind::rms : NormKind::layer;
    graph.norm_epsilon = rms != 0.0F ? rms : keys.require_f32("attention.layer_norm_epsilon");
}

constexpr ArchTraits kCohereRows[] = {
    {.name = "command-r",
     .title = "Command R",
     .tensors = command_r_tensors,
     .rope = RopeType::norm,
     .needs = norm,
     .reads = {logit_scale},
     .compute =
         {.plan = BlockPlan::parallel, .norm = NormKind::layer, .ffn_biases = false, .refine = logits_times_key}},
    {.name = "cohere2",
     .title = "Command R7B",
     .tensors = cohere2_tensors,
     .rope = RopeType::norm,
     .needs = norm | KeySet{logit_scale},
     .reads = {rope_freq_base_swa},
     .window = {.when = WindowWhen::always, .period = 4, .rope = SlidingRope::model},
     .compute = {.plan = BlockPlan::parallel,
                 .norm = NormKind::layer,
                 .rope_layers = RopeLayers::sliding,
                 .ffn_biases = false,
                 .refine = logits_times_key}},
    {.name = "cohere2moe",
     .title = "Command A MoE",
     .tensors = cohere2moe_tensors,
     .rope = RopeType::norm,
     .needs = {logit_scale, leading_dense_block_count, expert_feed_forward_length},
     .reads = norm | rms | expert_scoring |
              KeySet{rope_freq_base_swa, expert_shared_feed_forward_length, expert_shared_count},
     .window = {.when = WindowWhen::always, .period = 4, .first_full = true, .rope = SlidingRope::model},
     .refine = need_one_epsilon,
     .compute = {.plan = BlockPlan::parallel,
                 .norm = NormKind::layer,
                 .rope_layers = RopeLayers::sliding_or_leading_dense,
                 .mix = FfnMix::halved,
                 .ffn_biases = false,
                 .experts = kByKeysOrSigmoid,
                 .refine = cohere2moe}},
};

}  // namespace

std::span<const ArchTraits> cohere_family() { return kCohereRows; }

}  // namespace attnx::model
