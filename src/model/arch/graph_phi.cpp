// Phi and Plamo. Phi-2 and the first Plamo feed mixer and feed-forward network from the same norm.
#include <cmath>

#include "graph_families.h"

namespace attnx::model {

namespace {

void minicpm3(Graph& graph, const GraphKeys&, const ModelSpec& spec) {
    graph.embedding_scale = 12.0F;
    graph.residual_scale = 1.4F / std::sqrt(static_cast<float>(spec.layer_count));
    graph.output_scale = 256.0F / static_cast<float>(graph.width);
}

constexpr GraphTraits kRows[] = {
    {.name = "phi2", .plan = BlockPlan::parallel, .norm = NormKind::layer, .scale_queries = true, .activation = Activation::gelu},
    {.name = "phi3", .scale_queries = true, .ffn_biases = false},
    {.name = "phimoe", .scale_queries = true, .ffn_biases = false},
    {.name = "plamo", .plan = BlockPlan::parallel, .rope_over_head = true, .attention_output_bias = false, .ffn_biases = false},
    {.name = "plamo3", .sliding_rope = SlidingRope::fresh_base, .attention_output_bias = false, .ffn_biases = false},
    {.name = "plm", .attention_output_bias = false, .activation = Activation::relu_squared, .ffn_biases = false},
    {.name = "minicpm3", .attention_output_bias = false, .ffn_biases = false, .refine = minicpm3},
    {.name = "bitnet"},
};

}  // namespace

std::span<const GraphTraits> graph_phi() { return kRows; }

}  // namespace attnx::model
