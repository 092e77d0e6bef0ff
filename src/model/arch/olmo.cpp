// AI2's OLMo. OLMo 3 files are olmo2 with a positive attention.sliding_window: three of four layers slide
// (models/olmo2.cpp:6-18).
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr ArchTraits kOlmoRows[] = {
    {.name = "olmo",
     .title = "OLMo",
     .tensors = olmo_tensors,
     .rope = RopeType::norm,
     .needs = norm,
     .reads = {clamp_kqv},
     .compute = {.norm = NormKind::layer,
                 .unweighted_norms = true,
                 .clamp_key = true,
                 .attention_output_bias = false,
                 .ffn_biases = false}},
    {.name = "olmo2",
     .title = "OLMo 2 / 3",
     .tensors = olmo2_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {rope_freq_base_swa},
     .window = {.when = WindowWhen::key_positive, .period = 4, .rope = SlidingRope::model_unscaled},
     .compute = {.names = {.before_mixer = Stem::unknown, .before_ffn = Stem::unknown},
                 .attention_output_bias = false,
                 .ffn_biases = false}},
    {.name = "olmoe",
     .title = "OLMoE",
     .tensors = olmoe_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.attention_output_bias = false, .experts = {.normalize = NormalizeRule::never}}},
};

}  // namespace

std::span<const ArchTraits> olmo_family() { return kOlmoRows; }

}  // namespace attnx::model
