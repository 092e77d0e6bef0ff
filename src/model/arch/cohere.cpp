// Cohere's Command models. Command R7B and its mixture slide on most layers. The mixture must name its
// pattern: a scalar is a period whose first layer is full, an array is taken literally and leaves out
// next-token-prediction layers, which are full and inside the cache (models/cohere2moe.cpp:13-36).
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

void need_one_epsilon(Draft&, Hparams& hparams) {
    if (!hparams.has("attention.layer_norm_epsilon") && !hparams.has("attention.layer_norm_rms_epsilon"))
        hparams.require("attention.layer_norm_epsilon");
}

constexpr ArchTraits kRows[] = {
    {.name = "command-r",
     .title = "Command R",
     .rope = RopeType::norm,
     .needs = norm,
     .reads = {logit_scale}},
    {.name = "cohere2",
     .title = "Command R7B",
     .rope = RopeType::norm,
     .needs = norm | KeySet{logit_scale},
     .window = {.when = WindowWhen::always, .period = 4, .base = SlidingBase::same}},
    {.name = "cohere2moe",
     .title = "Command A MoE",
     .rope = RopeType::norm,
     .needs = {logit_scale, leading_dense_block_count, expert_feed_forward_length},
     .reads = norm | rms | expert_scoring | KeySet{expert_shared_feed_forward_length, expert_shared_count},
     .window = {.when = WindowWhen::always,
                .pattern = PatternKey::period_or_flags,
                .period = 4,
                .first_full = true,
                .base = SlidingBase::same,
                .after_nextn = true},
     .nextn = NextnUse::in_cache,
     .refine = need_one_epsilon},
};

}  // namespace

std::span<const ArchTraits> cohere_family() { return kRows; }

}  // namespace attnx::model
