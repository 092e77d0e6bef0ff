#include "state_space.h"

namespace attnx::model {

using enum Stem;

void refuse_other_expansion(TensorList& t) {
    if (Dim(t.draft().ssm_inner) != 2 * t.width())
        t.refuse("ssm.inner_size is not twice embedding_length, llama.cpp takes no other expansion");
}

void mamba_mixer(TensorList& t, bool normed) {
    const Draft& draft = t.draft();
    const Dim width = t.width(), inner = draft.ssm_inner, state = draft.ssm_state,
              rank = t.key(Key::ssm_time_step_rank);
    t.need(ssm_in, {width, 2 * inner});
    t.need_with_bias(ssm_conv1d, {draft.ssm_conv, inner}, inner);
    t.need(ssm_x, {inner, rank + 2 * state});
    if (normed) t.need(ssm_dt_norm, {rank});
    t.need_with_bias(ssm_dt, {rank, inner}, inner);
    if (normed) {
        t.need(ssm_b_norm, {state});
        t.need(ssm_c_norm, {state});
    }
    t.need(ssm_a, {state, inner}, Suffix::none);
    t.need(ssm_d, {inner}, Suffix::none);
    t.need(ssm_out, {inner, width});
}

void mamba2_mixer(TensorList& t, Mamba2Wants wants) {
    const Draft& draft = t.draft();
    const Dim width = t.width(), inner = draft.ssm_inner, groups = draft.ssm_groups,
              heads = t.key(Key::ssm_time_step_rank);
    const Dim mixed = inner + 2 * groups * Dim(draft.ssm_state);  // numbers that the convolution sees: x, B, C
    t.want(wants.all, ssm_in, {width, inner + mixed + heads});
    t.want(wants.all, ssm_conv1d, {draft.ssm_conv, mixed});
    t.want(wants.convolution_bias, ssm_conv1d, {mixed}, Suffix::bias);
    t.want(wants.all, ssm_dt, {heads}, Suffix::bias);
    t.want(wants.all, ssm_a, {1, heads}, Suffix::none);
    t.want(wants.all, ssm_d, {1, heads}, Suffix::none);
    t.want(wants.norm, ssm_norm, {inner / groups, groups});
    t.want(wants.all, ssm_out, {inner, width});
}

}  // namespace attnx::model
