// Mixtures of experts with sliding windows in some layers.
#include <cmath>

#include "graph_families.h"

namespace attnx::model {

namespace {

void afmoe(Graph& graph, const GraphKeys&, const ModelSpec&) { graph.embedding_scale = std::sqrt(static_cast<float>(graph.width)); }

void mimo2(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    const float scale = keys.f32_or("attention.value_scale", 0.0F);
    for (auto& layer : graph.layers) {
        if (scale != 0.0F) layer.attention.output_scale = scale;
    }
}

// Some layers limit gate and up (arrays swiglu_clamp_exp, swiglu_clamp_shexp).
void step35(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    for (std::uint32_t i = 0; i < graph.layers.size(); ++i) {
        graph.layers[i].ffn.expert_clamp = keys.of_layer(keys.full("swiglu_clamp_exp"), i).value_or(0.0F);
        graph.layers[i].ffn.silu_for_missing_shared = true;
        graph.layers[i].ffn.clamp = keys.of_layer(keys.full("swiglu_clamp_shexp"), i).value_or(0.0F);
    }
}

constexpr ExpertTraits kSigmoidByKeys{.gating = GatingRule::key_or_sigmoid, .normalize = NormalizeRule::key, .scale_key = true};

constexpr GraphTraits kRows[] = {
    {.name = "afmoe", .rope_layers = RopeLayers::not_every_fourth, .sliding_rope = SlidingRope::own_base, .attention_output_bias = false,
     .ffn_biases = false, .experts = kSigmoidByKeys, .refine = afmoe},
    {.name = "gpt-oss", .names = {.after_mixer = "", .before_ffn = "post_attention_norm"}, .scale = ScaleRule::inv_sqrt_rope,
     .sliding_rope = SlidingRope::own_base, .activation = Activation::swiglu_oai,
     .experts = {.gating = GatingRule::softmax_of_chosen, .normalize = NormalizeRule::never}},
    {.name = "laguna", .sliding_rope = SlidingRope::own_base_unscaled, .attention_output_bias = false, .gate = OutputGate::softplus,
     .ffn_biases = false, .experts = kSigmoidByKeys},
    {.name = "mellum", .sliding_rope = SlidingRope::unscaled},
    {.name = "mimo2", .sliding_rope = SlidingRope::fresh_base, .qkv_bias = false, .attention_output_bias = false,
     .experts = {.gating = GatingRule::sigmoid}, .refine = mimo2},
    {.name = "smallthinker", .rope_layers = RopeLayers::not_first_of_four, .sliding_rope = SlidingRope::own_base,
     .activation = Activation::relu, .experts = {.gating = GatingRule::key, .route_block_input = true}},
    {.name = "step35", .sliding_rope = SlidingRope::fresh_base, .sliding_rope_factors = false, .qkv_bias = false, .attention_output_bias = false,
     .experts = kSigmoidByKeys, .refine = step35},
};

}  // namespace

std::span<const GraphTraits> graph_experts_windowed() { return kRows; }

}  // namespace attnx::model
