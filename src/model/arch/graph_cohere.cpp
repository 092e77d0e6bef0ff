// Cohere and EXAONE. Cohere's blocks are parallel and its logits scaled; from Command R7B on only sliding layers rotate, as in EXAONE 4.
#include "graph_families.h"

namespace attnx::model {

void logits_times_key(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    const float scale = keys.f32_or("logit_scale", 0.0F);
    if (scale != 0.0F) graph.logit_scale = scale;
}

namespace {

// Files have one epsilon or the other, which also tells the kind of norm.
void cohere2moe(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    logits_times_key(graph, keys, spec);
    const float rms = keys.f32_or("attention.layer_norm_rms_epsilon", 0.0F);
    graph.norm = rms != 0.0F ? NormKind::rms : NormKind::layer;
    graph.norm_epsilon = rms != 0.0F ? rms : keys.require_f32("attention.layer_norm_epsilon");
}

constexpr ExpertTraits kByKeys{.gating = GatingRule::key, .normalize = NormalizeRule::key, .scale_key = true};

constexpr GraphTraits kRows[] = {
    {.name = "command-r", .plan = BlockPlan::parallel, .norm = NormKind::layer, .ffn_biases = false, .refine = logits_times_key},
    {.name = "cohere2", .plan = BlockPlan::parallel, .norm = NormKind::layer, .rope_layers = RopeLayers::sliding, .ffn_biases = false,
     .refine = logits_times_key},
    {.name = "cohere2moe", .plan = BlockPlan::parallel, .norm = NormKind::layer, .rope_layers = RopeLayers::sliding_or_leading_dense,
     .mix = FfnMix::halved, .ffn_biases = false,
     .experts = {.gating = GatingRule::key_or_sigmoid, .normalize = NormalizeRule::key, .scale_key = true}, .refine = cohere2moe},
    {.name = "exaone", .ffn_biases = false},
    {.name = "exaone4", .names = {.before_mixer = "", .before_ffn = ""}, .rope_layers = RopeLayers::sliding_if_any,
     .attention_output_bias = false, .ffn_biases = false},
    {.name = "exaone-moe", .rope_layers = RopeLayers::sliding, .attention_output_bias = false, .ffn_biases = false, .experts = kByKeys},
};

}  // namespace

std::span<const GraphTraits> graph_cohere() { return kRows; }

}  // namespace attnx::model
