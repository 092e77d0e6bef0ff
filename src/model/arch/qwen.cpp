// Qwen. From Qwen3-Next on, three of four layers are gated delta nets with a state of fixed size:
// attention.recurrent_layers says which, otherwise layer i is recurrent unless (i + 1) mod
// full_attention_interval (4) is 0. Their full layers project query and output gate together.
// Next-token-prediction blocks are outside the default context's cache and get a plain one of their own
// (llama-model.cpp:2200-2330). The first Qwen has a fused QKV of three times the width.
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kExperts = {expert_feed_forward_length, expert_shared_feed_forward_length};
constexpr RecurrentTraits kDelta = {RecurrentWhen::interval, LayerKind::delta};

constexpr ArchTraits kRows[] = {
    {.name = "qwen",
     .title = "Qwen",
     .rope = RopeType::neox,
     .needs = rms,
     .projections = ProjectionShape::fused_multi_head},
    {.name = "qwen2", .title = "Qwen2", .rope = RopeType::neox, .needs = rms},
    {.name = "qwen2moe", .title = "Qwen2 MoE", .rope = RopeType::neox, .needs = rms, .reads = kExperts},
    {.name = "qwen2vl", .title = "Qwen2-VL", .rope = RopeType::mrope, .needs = {rope_dimension_sections}},
    {.name = "qwen3", .title = "Qwen3", .rope = RopeType::neox, .needs = rms},
    {.name = "qwen3moe",
     .title = "Qwen3 MoE",
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {expert_feed_forward_length}},
    {.name = "qwen3vl",
     .title = "Qwen3-VL",
     .rope = RopeType::imrope,
     .needs = rms | KeySet{rope_dimension_sections},
     .reads = {n_deepstack_layers}},
    {.name = "qwen3vlmoe",
     .title = "Qwen3-VL MoE",
     .rope = RopeType::imrope,
     .needs = rms | KeySet{rope_dimension_sections},
     .reads = {n_deepstack_layers, expert_feed_forward_length}},
    {.name = "qwen3next",
     .title = "Qwen3-Next",
     .rope = RopeType::neox,
     .needs = rms | mamba2,
     .reads = kExperts,
     .recurrent = kDelta,
     .nextn = NextnUse::own_context,
     .projections = ProjectionShape::gated_query},
    {.name = "qwen35",
     .title = "Qwen3.5",
     .rope = RopeType::imrope,
     .needs = rms | mamba2 | KeySet{rope_dimension_sections},
     .recurrent = kDelta,
     .nextn = NextnUse::own_context,
     .projections = ProjectionShape::gated_query,
     .state_snapshots = true},
    {.name = "qwen35moe",
     .title = "Qwen3.5 MoE",
     .rope = RopeType::imrope,
     .needs = rms | mamba2 | KeySet{rope_dimension_sections},
     .reads = kExperts,
     .recurrent = kDelta,
     .nextn = NextnUse::own_context,
     .projections = ProjectionShape::gated_query,
     .state_snapshots = true},
};

}  // namespace

std::span<const ArchTraits> qwen_family() { return kRows; }

}  // namespace attnx::model
