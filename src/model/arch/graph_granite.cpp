// Granite and MiniCPM scale everything: embeddings, scores, residuals, logits. Granite rotates unless the file says it was trained
// without (rope.scaling.finetuned false).
#include <cmath>

#include "graph_families.h"

namespace attnx::model {

void logits_over_key(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    const auto or_one = [&keys](std::string_view key) {
        const float value = keys.f32_or(key, 0.0F);
        return value == 0.0F ? 1.0F : value;
    };
    graph.embedding_scale = or_one("embedding_scale");
    graph.residual_scale = or_one("residual_scale");
    graph.logit_scale = 1.0F / or_one("logit_scale");
    const float scale = keys.f32_or("attention.scale", 0.0F);
    for (auto& layer : graph.layers) {
        if (scale != 0.0F) layer.attention.score_scale = scale;
        if (!keys.boolean("rope.scaling.finetuned").value_or(true)) layer.attention.rope.reset();
    }
}

namespace {

void minicpm(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    graph.embedding_scale = keys.f32_or("embedding_scale", 12.0F);
    graph.residual_scale = keys.f32_or("residual_scale", 1.4F / std::sqrt(static_cast<float>(spec.layer_count)));
    graph.logit_scale = 1.0F / keys.f32_or("logit_scale", 256.0F / static_cast<float>(graph.width));
}

constexpr GraphTraits kRows[] = {
    {.name = "granite", .refine = logits_over_key},
    {.name = "granitemoe", .refine = logits_over_key},
    {.name = "granitehybrid", .refine = logits_over_key},
    {.name = "minicpm", .refine = minicpm},
};

}  // namespace

std::span<const GraphTraits> graph_granite() { return kRows; }

}  // namespace attnx::model
