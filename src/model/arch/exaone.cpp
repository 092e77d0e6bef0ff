// LG's EXAONE. EXAONE 4 slides only in its 64-layer model; smaller ones carry the key to no effect
// (models/exaone4.cpp:4-20). The mixture always slides. From EXAONE 4 on only sliding layers rotate.
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr ArchTraits kExaoneRows[] = {
    {.name = "exaone",
     .title = "EXAONE",
     .tensors = exaone_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.ffn_biases = false}},
    {.name = "exaone4",
     .title = "EXAONE 4",
     .tensors = exaone4_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {rope_freq_base_swa},
     .window = {.when = WindowWhen::layer_count,
                .default_size = 4096,
                .period = 4,
                .rope = SlidingRope::model,
                .layer_count = 64},
     .compute = {.names = {.before_mixer = Stem::unknown, .before_ffn = Stem::unknown},
                 .rope_layers = RopeLayers::sliding_if_any,
                 .attention_output_bias = false,
                 .ffn_biases = false}},
    {.name = "exaone-moe",
     .title = "EXAONE MoE",
     .tensors = exaone_moe_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length, expert_gating_func},
     .reads = {rope_freq_base_swa, expert_shared_count, expert_shared_feed_forward_length, expert_weights_scale,
               expert_weights_norm, leading_dense_block_count},
     .window = {.when = WindowWhen::always, .period = 4, .rope = SlidingRope::model},
     .compute =
         {.rope_layers = RopeLayers::sliding, .attention_output_bias = false, .ffn_biases = false, .experts = kByKeys}},
};

}  // namespace

std::span<const ArchTraits> exaone_family() { return kExaoneRows; }

}  // namespace attnx::model
