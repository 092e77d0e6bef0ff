// Diffusion language models: every token attends to all others.
#include "graph_families.h"

namespace attnx::model {

namespace {

constexpr GraphTraits kRows[] = {
    {.name = "dream", .ffn_biases = false, .head_bias = false, .causal = false},
    {.name = "llada", .attention_output_bias = false, .ffn_biases = false, .causal = false},
    {.name = "llada-moe", .attention_output_bias = false, .experts = {.normalize = NormalizeRule::never}, .causal = false},
    {.name = "rnd1", .causal = false},
};

}  // namespace

std::span<const GraphTraits> graph_diffusion() { return kRows; }

}  // namespace attnx::model
