// The line of GPT-2: layer norms with biases, GELU without gates, and learned positions, ALiBi or (later) rope.
#include <fmt/format.h>

#include "attnx/base/error.h"
#include "graph_families.h"

namespace attnx::model {

namespace {

void gptneox(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    if (keys.boolean("use_parallel_residual").value_or(false)) graph.plan = BlockPlan::parallel;
}

// Without a norm of its own, the feed-forward network takes the mixer's input.
void stablelm(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    if (!keys.has_tensor("blk.0.ffn_norm.weight")) graph.plan = BlockPlan::parallel;
}

void mpt(Graph& graph, const GraphKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers) layer.attention.k_norm_alone = false;
}

// llama.cpp loads a mixture of experts, but its graph has silu(x) in the place of the dense network that is not there.
void leave_out_experts(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    if (keys.u32("expert_count").value_or(0) == 0) return;
    for (LayerPlan& layer : graph.layers) layer.ffn.silu_for_experts = true;
    graph.findings.push_back({FindingId::key_ignored, fmt::format("{}: llama.cpp loads the experts and computes without them, and so does attnx; "
                                                                  "no model was trained that way", keys.full("expert_count"))});
}

constexpr GraphTraits kRows[] = {
    {.name = "gpt2", .norm = NormKind::layer, .rope_layers = RopeLayers::none, .activation = Activation::gelu},
    {.name = "gptneox", .norm = NormKind::layer, .activation = Activation::gelu, .refine = gptneox},
    {.name = "falcon", .plan = BlockPlan::parallel, .norm = NormKind::layer, .names = {.before_mixer_alone = "attn_norm_2"},
     .attention_output_bias = false, .activation = Activation::gelu, .ffn_biases = false},
    {.name = "bloom", .norm = NormKind::layer, .rope_layers = RopeLayers::none, .max_alibi_bias = 8.0F, .activation = Activation::gelu},
    {.name = "mpt", .norm = NormKind::layer, .rope_layers = RopeLayers::none, .clamp_key = true, .alibi_key = true, .activation = Activation::gelu,
     .refine = mpt},
    {.name = "starcoder", .norm = NormKind::layer, .rope_layers = RopeLayers::none, .activation = Activation::gelu},
    {.name = "starcoder2", .norm = NormKind::layer, .activation = Activation::gelu},
    {.name = "codeshell", .norm = NormKind::layer, .activation = Activation::gelu},
    {.name = "stablelm", .norm = NormKind::layer, .attention_output_bias = false, .ffn_biases = false, .refine = stablelm},
    {.name = "refact", .rope_layers = RopeLayers::none, .max_alibi_bias = 8.0F, .attention_output_bias = false, .ffn_biases = false, .refine = leave_out_experts},
    {.name = "jais", .norm = NormKind::layer, .scale = ScaleRule::inv_head, .rope_layers = RopeLayers::none, .alibi_key = true},
    {.name = "jais2", .norm = NormKind::layer, .activation = Activation::relu_squared},
    {.name = "nemotron", .norm = NormKind::layer, .activation = Activation::relu_squared},
    {.name = "orion", .norm = NormKind::layer, .attention_output_bias = false, .ffn_biases = false},
};

}  // namespace

std::span<const GraphTraits> graph_gpt() { return kRows; }

}  // namespace attnx::model
