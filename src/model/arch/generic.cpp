// Names without a row: what keys and tensors say by themselves, and nothing else. Every key that could
// describe attention is heeded as most architectures would heed it; build.cpp adds what only the tensors
// tell.
#include "traits.h"

namespace attnx::model {
namespace {

using enum Key;

constexpr ArchTraits kRow = {
    .rope = RopeType::neox,
    .reads = {expert_feed_forward_length, expert_shared_feed_forward_length, expert_shared_count,
              leading_dense_block_count, q_lora_rank, kv_lora_rank, key_length_mla, value_length_mla, ssm_conv_kernel,
              ssm_inner_size, ssm_state_size, ssm_group_count, wkv_head_size, token_shift_count, kda_head_dim,
              shortconv_l_cache, attn_logit_softcapping, final_logit_softcapping, rope_dimension_sections},
    .window = {.when = WindowWhen::key_positive, .pattern = PatternKey::if_present, .rope = SlidingRope::own},
    .recurrent = {RecurrentWhen::by_tensors, LayerKind::mamba},
};

}  // namespace

const ArchTraits& generic_arch() { return kRow; }

}  // namespace attnx::model
