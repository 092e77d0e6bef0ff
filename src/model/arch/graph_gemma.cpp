// Gemma: embeddings times sqrt(width), GELU gates, norms before and after each half; later ones with windows, caps, small embeddings
// per layer (3n, 4) and several copies of the stream (3n). The largest Gemma 2 and 3 scale scores by width over heads.
#include <cmath>

#include "graph_families.h"

namespace attnx::model {

namespace {

void gemma(Graph& graph, const GraphKeys&, const ModelSpec&) { graph.embedding_scale = std::sqrt(static_cast<float>(graph.width)); }

void scale_of_27b(Graph& graph) {
    for (auto& layer : graph.layers) {
        layer.attention.score_scale = 1.0F / std::sqrt(static_cast<float>(graph.width / graph.layers[0].attention.heads));
    }
}

void cap_logits(Graph& graph, float cap) {
    if (cap != 0.0F) graph.logit_softcap = cap;
}

void gemma2(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    gemma(graph, keys, spec);
    if (spec.layer_count == 46) scale_of_27b(graph);
    for (auto& layer : graph.layers) layer.attention.softcap = keys.f32_or("attn_logit_softcapping", 50.0F);
    cap_logits(graph, keys.f32_or("final_logit_softcapping", 30.0F));
}

void gemma3(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    gemma(graph, keys, spec);
    if (spec.layer_count == 62) scale_of_27b(graph);
    cap_logits(graph, keys.f32_or("final_logit_softcapping", 0.0F));
}

void gemma3n(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    gemma(graph, keys, spec);
    cap_logits(graph, 30.0F);
    graph.altup = AltUp{4, 0};
    graph.per_layer_input = PerLayerInput{256};
    for (std::uint32_t i = 0; i < graph.layers.size(); ++i) {
        graph.layers[i].attention.unweighted_v_norm = true;
        if (i < 10) graph.layers[i].ffn.sparsity_deviations = 1.6448533535003662F;  // 95 % of the gates are closed
    }
}

void gemma4(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    gemma(graph, keys, spec);
    cap_logits(graph, keys.f32_or("final_logit_softcapping", 30.0F));
    if (keys.has_tensor("per_layer_token_embd.weight")) graph.per_layer_input = PerLayerInput{keys.require_u32("embedding_length_per_layer_input")};
    for (auto& layer : graph.layers) {
        layer.attention.unweighted_v_norm = true;
        layer.attention.value_is_key = true;
        layer.ffn.experts.scale = 1.0F;
    }
}

constexpr GraphTraits kRows[] = {
    {.name = "gemma", .scale_queries = true, .attention_output_bias = false, .activation = Activation::gelu, .ffn_biases = false, .refine = gemma},
    {.name = "gemma2", .scale_queries = true, .sliding_rope = SlidingRope::own_base, .attention_output_bias = false, .activation = Activation::gelu,
     .ffn_biases = false, .refine = gemma2},
    {.name = "gemma3", .scale_queries = true, .sliding_rope = SlidingRope::fresh_base, .attention_output_bias = false, .activation = Activation::gelu,
     .ffn_biases = false, .refine = gemma3},
    {.name = "gemma3n", .scale = ScaleRule::one, .sliding_rope = SlidingRope::fresh_base, .attention_output_bias = false,
     .activation = Activation::gelu, .ffn_biases = false, .refine = gemma3n},
    {.name = "gemma4", .scale = ScaleRule::one, .sliding_rope = SlidingRope::fresh_base, .sliding_rope_factors = false,
     .qkv_bias = false, .attention_output_bias = false, .activation = Activation::gelu, .mix = FfnMix::two_norms, .ffn_biases = false, .refine = gemma4},
    {.name = "gemma-embedding", .scale_queries = true, .sliding_rope = SlidingRope::fresh_base, .attention_output_bias = false, .activation = Activation::gelu,
     .ffn_biases = false, .has_head = false, .causal = false, .refine = gemma},
};

}  // namespace

std::span<const GraphTraits> graph_gemma() { return kRows; }

}  // namespace attnx::model
