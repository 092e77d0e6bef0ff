// The families of execution rows, one function per graph_*.cpp.
#pragma once

#include <span>

#include "graph_traits.h"

namespace attnx::model {

std::span<const GraphTraits> graph_llama();
std::span<const GraphTraits> graph_qwen();
std::span<const GraphTraits> graph_gemma();
std::span<const GraphTraits> graph_phi();
std::span<const GraphTraits> graph_gpt();
std::span<const GraphTraits> graph_cohere();
std::span<const GraphTraits> graph_granite();
std::span<const GraphTraits> graph_glm();
std::span<const GraphTraits> graph_olmo();
std::span<const GraphTraits> graph_deepseek();
std::span<const GraphTraits> graph_experts();
std::span<const GraphTraits> graph_experts_windowed();
std::span<const GraphTraits> graph_diffusion();
std::span<const GraphTraits> graph_hybrid();
std::span<const GraphTraits> graph_encoder();
std::span<const GraphTraits> graph_refused();

// Refinements shared by families.
void logits_times_key(Graph&, const GraphKeys&, const ModelSpec&);        // logit_scale, optional
void logits_over_key(Graph&, const GraphKeys&, const ModelSpec&);         // Granite's four scales

}  // namespace attnx::model
