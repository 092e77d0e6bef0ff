// Mixtures of experts outside the larger families.
//
// gpt-oss, MiMo-V2 and Step-3.5 always slide; AFMoE, Laguna and SmallThinker only when the key is positive,
// and SmallThinker then takes 4096 whatever the key says. Step-3.5 rotates half the dimensions in full
// layers. Step-3.5, MiMo-V2 and Hunyuan 3 leave next-token-prediction layers out of the default cache.
// MiniMax-M3 adds an indexer cache, K and V, from the first mixture layer on (llama-model.cpp:2075-2096).
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kShared = {expert_feed_forward_length, expert_shared_count};

void halve_full_rope(Draft& draft, Hparams& hparams) {
    draft.rope_dimensions /= 2;
    hparams.fact("rope/dimension_count", std::to_string(draft.rope_dimensions), Source::architecture,
                 "full layers rotate half of rope.dimension_count");
}

void one_shared_expert(Draft& draft, Hparams& hparams) {
    if (!hparams.has("expert_shared_count")) draft.shared_experts = 1;
    if (draft.shared_feed_forward == 0)
        draft.shared_feed_forward = draft.expert_feed_forward * draft.shared_experts;
}

constexpr ArchTraits kRows[] = {
    {.name = "arctic",
     .title = "Snowflake Arctic",
     .rope = RopeType::norm,
     .needs = rms,
     .dense_beside_experts = true},
    {.name = "gpt-oss",
     .title = "gpt-oss",
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .window = {.when = WindowWhen::always, .period = 2, .base = SlidingBase::same}},
    {.name = "dots1",
     .title = "dots.llm1",
     .rope = RopeType::neox,
     .needs = rms | kShared,
     .reads = expert_scoring | KeySet{leading_dense_block_count}},
    {.name = "grovemoe",
     .title = "GroveMoE",
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length, expert_group_scale, experts_per_group},
     .reads = {expert_chunk_feed_forward_length}},
    {.name = "minimax-m2",
     .title = "MiniMax M2",
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = {expert_gating_func}},
    {.name = "minimax-m3",
     .title = "MiniMax M3",
     .rope = RopeType::neox,
     .needs = rms | kShared | indexer | KeySet{expert_gating_func, indexer_block_size, indexer_local_blocks},
     .reads = {leading_dense_block_count, expert_weights_scale, expert_weights_norm},
     .memory = MemoryClass::sparse},
    {.name = "afmoe",
     .title = "Arcee AFMoE",
     .rope = RopeType::neox,
     .needs = rms | kShared,
     .reads = expert_scoring | KeySet{leading_dense_block_count},
     .window = {.when = WindowWhen::key_positive, .period = 4, .base = SlidingBase::same}},
    {.name = "laguna",
     .title = "Laguna",
     .rope = RopeType::neox,
     .needs = rms | KeySet{leading_dense_block_count, expert_feed_forward_length},
     .reads = expert_scoring | KeySet{expert_shared_count, expert_shared_feed_forward_length},
     .window = {.when = WindowWhen::key_positive, .period = 4, .first_full = true, .base = SlidingBase::same},
     .refine = one_shared_expert},
    {.name = "smallthinker",
     .title = "SmallThinker",
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {expert_feed_forward_length, expert_gating_func},
     .window = {.when = WindowWhen::key_positive,
                .forced_size = 4096,
                .period = 4,
                .first_full = true,
                .base = SlidingBase::same}},
    {.name = "step35",
     .title = "Step-3.5",
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads =
         expert_scoring | KeySet{expert_shared_feed_forward_length, swiglu_clamp_exp, swiglu_clamp_shexp},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .nextn = NextnUse::own_context,
     .refine = halve_full_rope},
    {.name = "mimo2",
     .title = "MiMo-V2",
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = {value_scale},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .nextn = NextnUse::own_context},
    {.name = "bailingmoe",
     .title = "Ling (Bailing MoE)",
     .rope = RopeType::norm,
     .needs = rms | kShared,
     .reads = {leading_dense_block_count, expert_weights_scale, expert_weights_norm}},
    {.name = "bailingmoe2",
     .title = "Ling 2 (Bailing MoE 2)",
     .rope = RopeType::neox,
     .needs = rms | kShared | KeySet{expert_gating_func},
     .reads = {leading_dense_block_count, expert_shared_feed_forward_length, expert_weights_scale,
               expert_weights_norm},
     .nextn = NextnUse::in_cache},
    {.name = "hy_v3",
     .title = "Hunyuan 3",
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = expert_scoring | KeySet{expert_shared_feed_forward_length},
     .nextn = NextnUse::own_context},
};

}  // namespace

std::span<const ArchTraits> moe_others_family() { return kRows; }

}  // namespace attnx::model
