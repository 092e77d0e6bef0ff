// Models whose attention layers stand among state-space, linear-attention or convolution layers.
#include "graph_families.h"

namespace attnx::model {

namespace {

// The output norm is stored as token_embd_norm.
void lfm2(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    graph.embedding_norm = false;
    if (!keys.has_tensor("output_norm.weight")) graph.names.output = "token_embd_norm";
}

constexpr GraphTraits kRows[] = {
    {.name = "falcon-h1", .attention_output_bias = false},
    {.name = "jamba", .rope_layers = RopeLayers::none, .attention_output_bias = false, .ffn_biases = false,
     .experts = {.normalize = NormalizeRule::never}},
    {.name = "kimi-linear", .rope_layers = RopeLayers::none, .qkv_bias = false, .attention_output_bias = false, .ffn_biases = false,
     .experts = {.gating = GatingRule::key, .scale_key = true}},
    {.name = "lfm2", .attention_output_bias = false, .ffn_biases = false, .refine = lfm2},
    {.name = "lfm2moe", .attention_output_bias = false, .ffn_biases = false, .experts = {.gating = GatingRule::key}, .refine = lfm2},
    {.name = "nemotron_h", .plan = BlockPlan::single, .rope_layers = RopeLayers::none, .activation = Activation::relu_squared,
     .experts = {.gating = GatingRule::sigmoid, .normalize = NormalizeRule::key, .scale_key = true}},
    {.name = "nemotron_h_moe", .plan = BlockPlan::single, .rope_layers = RopeLayers::none, .activation = Activation::relu_squared,
     .experts = {.gating = GatingRule::sigmoid, .normalize = NormalizeRule::key, .scale_key = true}},
    {.name = "plamo2", .attention_output_bias = false, .ffn_biases = false},
};

}  // namespace

std::span<const GraphTraits> graph_hybrid() { return kRows; }

}  // namespace attnx::model
