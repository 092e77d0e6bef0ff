// Qwen. From Qwen3 on queries and keys are normalised; Qwen3-Next and Qwen3.5 mix gated delta nets with gated attention and call the
// norm before the feed-forward network post_attention_norm.
#include "graph_families.h"

namespace attnx::model {

namespace {

constexpr NormNames kNextNorms{.after_mixer = "", .before_ffn = "post_attention_norm"};

// A gated delta net's value heads share key heads: neighbours in Qwen3-Next, strided in Qwen3.5.
void neighbours(Graph& graph, const GraphKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers) layer.state.interleaved_groups = true;
}

// llama.cpp reads no epsilon for this architecture. Files have 1e-6, which no sum of squares of theirs would notice.
void no_epsilon(Graph& graph, const GraphKeys&, const ModelSpec&) { graph.norm_epsilon = 1e-12F; }

constexpr GraphTraits kRows[] = {
    {.name = "qwen", .attention_output_bias = false, .ffn_biases = false},
    {.name = "qwen2", .ffn_biases = false},
    {.name = "qwen2vl", .ffn_biases = false, .head_bias = false, .refine = no_epsilon},
    {.name = "qwen2moe", .experts = {.normalize = NormalizeRule::never}},
    {.name = "qwen3", .ffn_biases = false},
    {.name = "qwen3moe"},
    {.name = "qwen3vl", .ffn_biases = false},
    {.name = "qwen3vlmoe"},
    {.name = "qwen3next", .names = kNextNorms, .qkv_bias = false, .refine = neighbours},
    {.name = "qwen35", .names = kNextNorms, .qkv_bias = false},
    {.name = "qwen35moe", .names = kNextNorms, .qkv_bias = false},
};

}  // namespace

std::span<const GraphTraits> graph_qwen() { return kRows; }

}  // namespace attnx::model
