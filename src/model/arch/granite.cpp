// IBM Granite: Llama with four scales. Granite 4 hybrids put Mamba-2 where head_count_kv is 0
// (models/granite-hybrid.cpp).
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kScales = {residual_scale, embedding_scale, attention_scale, rope_scaling_finetuned,
                            expert_shared_feed_forward_length};

constexpr ArchTraits kRows[] = {
    {.name = "granite",
     .title = "Granite",
     .rope = RopeType::norm,
     .needs = rms | KeySet{logit_scale},
     .reads = kScales | KeySet{deepstack_mapping}},
    {.name = "granitemoe",
     .title = "Granite MoE",
     .rope = RopeType::norm,
     .needs = rms | KeySet{logit_scale},
     .reads = kScales},
    {.name = "granitehybrid",
     .title = "Granite 4 hybrid",
     .rope = RopeType::norm,
     .needs = rms | mamba2,
     .reads = kScales | KeySet{logit_scale},
     .recurrent = {RecurrentWhen::without_kv_heads, LayerKind::ssm}},
};

}  // namespace

std::span<const ArchTraits> granite_family() { return kRows; }

}  // namespace attnx::model
