// ChatGLM, Ernie and Hunyuan.
#include <cmath>

#include "graph_families.h"

namespace attnx::model {

namespace {

// NTK-aware scaling: alpha enlarges the base (rope.scaling.alpha).
void enlarged_base(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    const float alpha = keys.f32_or("rope.scaling.alpha", 0.0F);
    if (alpha <= 0.0F) return;
    for (auto& layer : graph.layers) {
        const auto dim = static_cast<float>(layer.attention.dim_k);
        if (layer.attention.rope) layer.attention.rope->base *= std::pow(alpha, dim / (dim - 2.0F));
    }
}

constexpr NormNames kPostIsFfnNorm{.after_mixer = "", .before_ffn = "post_attention_norm"};

constexpr GraphTraits kRows[] = {
    {.name = "chatglm", .attention_output_bias = false, .ffn_biases = false},
    {.name = "glm4", .attention_output_bias = false, .ffn_biases = false},
    {.name = "glm4moe", .names = kPostIsFfnNorm, .attention_output_bias = false, .ffn_biases = false,
     .experts = {.gating = GatingRule::key_or_sigmoid, .normalize = NormalizeRule::key, .scale_key = true}},
    {.name = "ernie4_5", .attention_output_bias = false, .ffn_biases = false},
    {.name = "ernie4_5-moe", .attention_output_bias = false, .ffn_biases = false},
    {.name = "paddleocr", .ffn_biases = false},
    {.name = "hunyuan-dense", .qk_norm = QkNorm::after_rope, .ffn_biases = false, .refine = enlarged_base},
    {.name = "hunyuan_vl", .qk_norm = QkNorm::after_rope, .ffn_biases = false, .refine = enlarged_base},
    {.name = "hunyuan-moe", .qk_norm = QkNorm::after_rope, .ffn_biases = false},
    {.name = "hy_v3", .experts = {.gating = GatingRule::key_or_sigmoid, .normalize = NormalizeRule::key, .scale_key = true}},
    {.name = "pangu-embedded"},
};

}  // namespace

std::span<const GraphTraits> graph_glm() { return kRows; }

}  // namespace attnx::model
