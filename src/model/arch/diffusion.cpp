// Diffusion language models: they see all tokens at once, so llama.cpp gives them no cache and no causal
// mask.
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr ArchTraits kDiffusionRows[] = {
    {.name = "dream",
     .title = "Dream",
     .tensors = dream_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .memory = MemoryClass::none,
     .causal = Causal::never,
     .compute = {.ffn_biases = false, .head_bias = false}},
    {.name = "llada",
     .title = "LLaDA",
     .tensors = llada_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .memory = MemoryClass::none,
     .causal = Causal::never,
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "llada-moe",
     .title = "LLaDA MoE",
     .tensors = llada_moe_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {expert_feed_forward_length},
     .memory = MemoryClass::none,
     .causal = Causal::never,
     .compute = {.attention_output_bias = false, .experts = {.normalize = NormalizeRule::never}}},
    {.name = "rnd1",
     .title = "RND1",
     .tensors = rnd1_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {expert_feed_forward_length},
     .memory = MemoryClass::none,
     .causal = Causal::never},
};

}  // namespace

std::span<const ArchTraits> diffusion_family() { return kDiffusionRows; }

}  // namespace attnx::model
