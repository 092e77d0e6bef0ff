// OLMo and others that place or shape norms in their own way.
#include "graph_families.h"

namespace attnx::model {

namespace {

// With swin_norm the norms stand after mixer and network instead of before; queries and keys have layer norms.
void chameleon(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    for (auto& layer : graph.layers) {
        layer.attention.qk_norm_kind = NormKind::layer;
        layer.attention.qk_norm_epsilon = 1e-5F;
    }
    if (!keys.boolean("swin_norm").value_or(false)) return;
    graph.names = {.before_mixer = "", .after_mixer = "attn_norm", .before_ffn = "", .after_ffn = "ffn_norm"};
}

// Text tokens only; rotates with ggml's plain rope, whatever the keys say.
void cogvlm(Graph& graph, const GraphKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers) {
        layer.attention.rope = RopePlan{.type = RopeType::neox, .dimensions = layer.attention.dim_k};
        layer.attention.thirds = true;
    }
}

constexpr GraphTraits kRows[] = {
    {.name = "olmo", .norm = NormKind::layer, .unweighted_norms = true, .clamp_key = true, .attention_output_bias = false, .ffn_biases = false},
    {.name = "olmo2", .names = {.before_mixer = "", .before_ffn = ""}, .sliding_rope = SlidingRope::unscaled,
     .qkv_bias = false, .attention_output_bias = false, .ffn_biases = false},
    {.name = "olmoe", .qkv_bias = false, .attention_output_bias = false, .experts = {.normalize = NormalizeRule::never}},
    {.name = "openelm", .attention_output_bias = false, .ffn_biases = false},
    {.name = "chameleon", .attention_output_bias = false, .ffn_biases = false, .refine = chameleon},
    {.name = "cogvlm", .attention_output_bias = false, .ffn_biases = false, .refine = cogvlm},
};

}  // namespace

std::span<const GraphTraits> graph_olmo() { return kRows; }

}  // namespace attnx::model
