// Qwen. From Qwen3-Next on, three of four layers are gated delta nets with a state of fixed size:
// attention.recurrent_layers says which, otherwise layer i is recurrent unless (i + 1) mod
// full_attention_interval (4) is 0. Their full layers project query and output gate together.
// The first Qwen has a fused QKV of three times the width. From Qwen3 on queries
// and keys are normalised; the delta nets' models call the norm before the feed-forward network
// post_attention_norm.
#include <fmt/format.h>

#include "../census.h"
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kExperts = {expert_feed_forward_length, expert_shared_feed_forward_length};
constexpr RecurrentTraits kDelta = {RecurrentWhen::interval, LayerKind::delta};

constexpr NormNames kNextNorms{.after_mixer = Stem::unknown, .before_ffn = Stem::post_attention_norm};

// A gated delta net's value heads share key heads: neighbours in Qwen3-Next, strided in Qwen3.5.
void neighbours(Graph& graph, PlanKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers) layer.state.interleaved_groups = true;
}

// llama.cpp reads no epsilon for this architecture. Files have 1e-6, which no sum of squares of theirs would
// notice.
void no_epsilon(Graph& graph, PlanKeys&, const ModelSpec&) { graph.norm_epsilon = 1e-12F; }

// Only the codes of speech, at the end of the vocabulary, are predicted.
void speech_codes(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    constexpr std::uint32_t kCodes = 3072;
    if (keys.has_tensor(Stack::none, Stem::output) && spec.vocabulary_size > kCodes)
        graph.first_logit = spec.vocabulary_size - kCodes;
}

// token_types are of the head that decides.
void backbone(Graph& graph, PlanKeys&, const ModelSpec&) { graph.token_types = false; }

// The head that decides is not part of the backbone.
void check_decision_head(Draft&, Hparams& hparams) {
    if (hparams.u32("decision.head_count") == 0U)
        hparams.refuse("decision.head_count is 0", hparams.key("decision.head_count"));
    for (const std::string_view suffix : {"decision.routing_block_count", "decision.block_count"})
        if (hparams.u32(suffix).value_or(0) > kMaxLayers)
            hparams.refuse(fmt::format("{} is more than {}", suffix, kMaxLayers), hparams.key(suffix));
}

constexpr ArchTraits kQwenRows[] = {
    {.name = "qwen",
     .title = "Qwen",
     .tensors = qwen_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .projections = ProjectionShape::fused_multi_head,
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "qwen2",
     .title = "Qwen2",
     .tensors = qwen2_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.ffn_biases = false}},
    {.name = "qwen2moe",
     .title = "Qwen2 MoE",
     .tensors = qwen2moe_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = kExperts,
     .compute = {.experts = {.normalize = NormalizeRule::never}}},
    {.name = "qwen2vl",
     .title = "Qwen2-VL",
     .tensors = qwen2_tensors,
     .rope = RopeType::mrope,
     .needs = {rope_dimension_sections},
     .compute = {.ffn_biases = false, .head_bias = false, .refine = no_epsilon}},
    {.name = "qwen3",
     .title = "Qwen3",
     .tensors = qwen3_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .rotated_weights = true,
     .compute = {.ffn_biases = false}},
    {.name = "qwen3moe",
     .title = "Qwen3 MoE",
     .tensors = qwen3moe_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {expert_feed_forward_length},
     .rotated_weights = true},
    {.name = "qwen3vl",
     .title = "Qwen3-VL",
     .tensors = qwen3vl_tensors,
     .rope = RopeType::imrope,
     .needs = rms | KeySet{rope_dimension_sections},
     .reads = {n_deepstack_layers},
     .compute = {.ffn_biases = false}},
    {.name = "qwen3vlmoe",
     .title = "Qwen3-VL MoE",
     .tensors = qwen3moe_tensors,
     .rope = RopeType::imrope,
     .needs = rms | KeySet{rope_dimension_sections},
     .reads = {n_deepstack_layers, expert_feed_forward_length}},
    {.name = "qwen3next",
     .title = "Qwen3-Next",
     .tensors = qwen3next_tensors,
     .rope = RopeType::neox,
     .needs = rms | mamba2,
     .reads = kExperts,
     .recurrent = kDelta,
     .projections = ProjectionShape::gated_query,
     .rotated_weights = true,
     .compute = {.names = kNextNorms, .refine = neighbours}},
    {.name = "qwen35",
     .title = "Qwen3.5",
     .tensors = qwen35_tensors,
     .rope = RopeType::imrope,
     .needs = rms | mamba2 | KeySet{rope_dimension_sections},
     .recurrent = kDelta,
     .projections = ProjectionShape::gated_query,
     .rotated_weights = true,
     .state_snapshots = true,
     .compute = {.names = kNextNorms}},
    {.name = "qwen35moe",
     .title = "Qwen3.5 MoE",
     .tensors = qwen35moe_tensors,
     .rope = RopeType::imrope,
     .needs = rms | mamba2 | KeySet{rope_dimension_sections},
     .reads = kExperts,
     .recurrent = kDelta,
     .projections = ProjectionShape::gated_query,
     .rotated_weights = true,
     .state_snapshots = true,
     .compute = {.names = kNextNorms}},
    {.name = "qwen3tts",
     .title = "Qwen3-TTS",
     .tensors = qwen3tts_tensors,
     .rope = RopeType::imrope,
     .needs = rms | KeySet{rope_dimension_sections},
     .reads = {n_deepstack_layers},
     .compute = {.ffn_biases = false, .refine = speech_codes}},
    // Nothing is kept: the whole prompt is read at once.
    {.name = "clef",
     .title = "Clef",
     .tensors = clef_tensors,
     .rope = RopeType::imrope,
     .needs = rms | norm | mamba2 |
              KeySet{rope_dimension_sections, decision_routing_block_count, decision_block_count, decision_head_count},
     .recurrent = kDelta,
     .memory = MemoryClass::none,
     .projections = ProjectionShape::gated_query,
     .refine = check_decision_head,
     .compute = {.names = kNextNorms, .has_head = false, .refine = backbone}},
    {.name = "vllm-decision2",
     .title = "vLLM Decision 2",
     .tensors = vllm_decision2_tensors,
     .rope = RopeType::neox,
     .needs = rms | norm,
     .compute = {.ffn_biases = false, .has_head = false}},
};

}  // namespace

std::span<const ArchTraits> qwen_family() { return kQwenRows; }

}  // namespace attnx::model
