// Qwen3-Next and Qwen3.5, whose layers are gated delta nets but for every fourth (llama.cpp b12032,
// models/qwen3next.cpp, qwen35.cpp, qwen35moe.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

enum class Version : std::uint8_t { next, three_five };

struct DeltaSizes {
    Dim head, heads, keys, values;  // values come in more heads than keys
    explicit DeltaSizes(const TensorList& t)
        : head(t.key(Key::ssm_state_size)),
          heads(t.key(Key::ssm_time_step_rank)),
          keys(head * t.key(Key::ssm_group_count)),
          values(head * heads) {}
    Dim projected() const { return 2 * keys + values; }
};

void delta_net(TensorList& t, Version version, Want want) {
    const DeltaSizes s(t);
    const Dim width = t.width();
    // Old files of Qwen3-Next have one matrix for both projections.
    if (version == Version::next) t.want(optionally(want), ssm_in, {width, s.projected() + s.values});
    t.want(optionally(want), attn_qkv, {width, s.projected()});
    t.want(optionally(want), attn_gate, {width, s.values});
    t.want(want, ssm_conv1d, {t.key(Key::ssm_conv_kernel), s.projected()});
    t.want(want, ssm_dt, {s.heads}, Suffix::bias);
    t.want(want, ssm_a, {s.heads}, Suffix::none);
    if (version == Version::next) {
        t.want(want, ssm_ba, {width, 2 * s.heads});
    } else {
        t.want(want, ssm_beta, {width, s.heads});
        t.want(want, ssm_alpha, {width, s.heads});
    }
    t.want(want, ssm_norm, {s.head});
    t.want(want, ssm_out, {s.values, width});
}

// Queries come with an output gate of their size.
void full_attention(TensorList& t, Want want) {
    qkv(t, {t.width(), 2 * t.q_size(), t.k_size(), t.v_size()}, want);
    t.want(want, attn_output, {t.q_size(), t.width()});
    qk_norms(t, t.head_k(), want);
}

void mixture(TensorList& t, Dim shared, Want want) {
    const Dim inner = expert_width_or_portion(t);
    router(t, want);
    t.want(want, ffn_down_exps, {inner, t.width(), t.experts()});
    gate_up_experts(t, t.width(), inner, t.experts(), want);
    t.want(want, ffn_gate_inp_shexp, {t.width()});
    shared_expert_up_first(t, t.shared_width() ? t.shared_width() : shared, want);
}

// ffn: what follows the mixer, for layer i.
template <class Ffn>
void blocks(TensorList& t, Version version, const Ffn& ffn) {
    const NextnWants wants = nextn_wants(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool prediction = i >= t.layers();
        const Want want = prediction ? wants.prediction : wants.trunk;
        t.want(want, attn_norm, {t.width()});
        t.want(want, post_attention_norm, {t.width()});
        if (t.recurrent(i) && (!prediction || version == Version::next)) delta_net(t, version, want);
        else full_attention(t, want);
        ffn(i, want);
        if (prediction) nextn_projections(t, want);
    }
}

}  // namespace

void qwen3next_tensors(TensorList& t) {
    if (t.experts() == 0) t.refuse("there are no experts, which this architecture cannot do without");
    token_embedding(t);
    output_norm_and_output(t);
    blocks(t, Version::next, [&](std::uint32_t i, Want want) { mixture(t, t.feed_forward(i), want); });
}

void qwen35_tensors(TensorList& t) {
    const Dim embedding = t.output_width();
    token_embedding(t);
    output_norm_and_output(t);
    t.may(cls_output, {t.width(), embedding});
    t.may(cls_output, {embedding}, Suffix::bias);
    blocks(t, Version::three_five, [&](std::uint32_t, Want want) { gated_ffn(t, t.feed_forward(), want); });
}

void qwen35moe_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    blocks(t, Version::three_five, [&](std::uint32_t, Want want) { mixture(t, t.feed_forward(), want); });
}

}  // namespace attnx::model
