// DeepSeek: from V2 on latent attention and experts chosen in groups. YaRN's log multiplier is stored as a tenth.
#include "graph_families.h"

namespace attnx::model {

namespace {

void temperature(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    const float scale = keys.f32_or("attention.temperature_scale", 0.0F);
    const std::uint32_t floor = keys.u32("attention.temperature_length").value_or(0);
    if (scale == 0.0F || floor == 0) return;
    for (auto& layer : graph.layers) layer.attention.temperature = Temperature{scale, floor, 0.0F, false};
}

// Files of GLM-4.7-Flash leave the gating function out; they are told by layers and vocabulary.
void deepseek2(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    temperature(graph, keys, spec);
    const bool flash = (spec.layer_count == 47 || spec.layer_count == 48) && spec.vocabulary_size == 154880;
    if (!flash || keys.u32("expert_gating_func").value_or(0) != 0) return;
    for (auto& layer : graph.layers) layer.ffn.experts.gating = Gating::sigmoid;
}

constexpr ExpertTraits kByKeys{.gating = GatingRule::key_or_softmax, .normalize = NormalizeRule::key, .scale_key = true};

constexpr GraphTraits kRows[] = {
    {.name = "deepseek", .ffn_biases = false, .experts = {.normalize = NormalizeRule::never, .scale_key = true}},
    {.name = "deepseek2", .scale = ScaleRule::yarn_squared, .yarn = YarnKeys::log_tenths_cancelled, .attention_output_bias = false,
     .ffn_biases = false, .experts = kByKeys, .refine = deepseek2},
    {.name = "mistral4", .scale = ScaleRule::yarn_squared, .yarn = YarnKeys::log_tenths, .attention_output_bias = false,
     .ffn_biases = false, .experts = kByKeys, .refine = temperature},
};

}  // namespace

std::span<const GraphTraits> graph_deepseek() { return kRows; }

}  // namespace attnx::model
