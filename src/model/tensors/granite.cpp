// Granite 4 hybrids: Mamba-2 in layers without K/V heads (llama.cpp b12032, models/granite-hybrid.cpp). Granite
// and Granite MoE (models/granite.cpp, granite-moe.cpp) have Llama's tensors.
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

struct Mamba2Sizes {
    Dim kernel, inner, state, heads, groups;
};

void mamba2(TensorList& t, const Mamba2Sizes& s) {
    const Dim convolved = s.inner + 2 * s.groups * s.state;
    t.need(ssm_in, {t.width(), s.inner + convolved + s.heads});
    t.need_may_bias(ssm_conv1d, {s.kernel, convolved}, convolved);
    t.need(ssm_dt, {s.heads}, Suffix::bias);
    t.need(ssm_a, {1, s.heads}, Suffix::none);
    t.need(ssm_d, {1, s.heads}, Suffix::none);
    t.need(ssm_norm, {s.inner / s.groups, s.groups});
    t.need(ssm_out, {s.inner, t.width()});
}

}  // namespace

void granite_hybrid_tensors(TensorList& t) {
    const Draft& draft = t.draft();
    const Mamba2Sizes sizes = {draft.ssm_conv, draft.ssm_inner, draft.ssm_state,
                               t.key(Key::ssm_time_step_rank), draft.ssm_groups};
    if (sizes.inner != 2 * t.width()) t.refuse("ssm.inner_size is not twice embedding_length");
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        if (t.recurrent(i)) {
            mamba2(t, sizes);
        } else {
            const Dim q = t.head_k() * t.heads(i);
            qkv(t, {t.width(), q, t.k_size(i), t.v_size(i)});
            attention_output(t, q, true);
        }
        t.need(ffn_norm, {t.width()});
        rope_freq_factors(t, i);
        dense_or_experts(t, t.feed_forward());
    }
}

}  // namespace attnx::model
