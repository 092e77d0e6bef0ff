// Facts: llama.cpp b12032, src/llama-model.cpp (create_tensor_qkv, create_tensor_gate_up_exps) and
// src/models/llama.cpp.
#include "sections.h"

#include <fmt/format.h>

namespace attnx::model {

using enum Stem;

void token_embedding(TensorList& t) { t.need(token_embd, {t.width(), t.vocabulary()}); }

void output_or_tied(TensorList& t) {
    const Shape shape = {t.width(), t.vocabulary()};
    if (!t.may(output, shape)) t.again(Want::required, token_embd, shape);
}

void output_norm_and_output(TensorList& t) {
    t.need(output_norm, {t.width()});
    output_or_tied(t);
}

void own_output(TensorList& t) { t.need(output, {t.width(), t.vocabulary()}); }

QkvSizes qkv_sizes(const TensorList& t, std::uint32_t i) { return {t.width(), t.q_size(i), t.k_size(i), t.v_size(i)}; }

QkvSizes square_qkv_sizes(const TensorList& t) { return grouped_sizes(t, t.width()); }

namespace {

// Fused or apart or both, all optional.
void qkv_unused(TensorList& t, QkvSizes s) {
    const Dim all = s.q + s.k + s.v;
    t.unused(attn_qkv, {s.inputs, all});
    t.unused(attn_qkv, {all}, Suffix::bias);
    t.unused(attn_q, {s.inputs, s.q});
    t.unused(attn_k, {s.inputs, s.k});
    t.unused(attn_v, {s.inputs, s.v});
    t.unused(attn_q, {s.q}, Suffix::bias);
    t.unused(attn_k, {s.k}, Suffix::bias);
    t.unused(attn_v, {s.v}, Suffix::bias);
}

}  // namespace

void qkv(TensorList& t, QkvSizes s, Want want) {
    const Dim all = s.q + s.k + s.v;
    if (is_unused(want)) return qkv_unused(t, s);
    const bool fused = t.may(attn_qkv, {s.inputs, all});
    if (!fused) {
        t.want(want, attn_q, {s.inputs, s.q});
        t.want(want, attn_k, {s.inputs, s.k});
        t.want(want, attn_v, {s.inputs, s.v});
    }
    // A fused matrix may have its biases apart.
    if (fused && t.may(attn_qkv, {all}, Suffix::bias)) return;
    t.may(attn_q, {s.q}, Suffix::bias);
    t.may(attn_k, {s.k}, Suffix::bias);
    t.may(attn_v, {s.v}, Suffix::bias);
}

void attention_output(TensorList& t, Dim inputs, bool may_have_bias) {
    t.need(attn_output, {inputs, t.width()});
    if (may_have_bias) t.may(attn_output, {t.width()}, Suffix::bias);
}

QkvSizes grouped_sizes(const TensorList& t, Dim q) { return {t.width(), q, t.v_size(), t.v_size()}; }

void normed_attention(TensorList& t, QkvSizes sizes, Want want) {
    t.want(want, attn_norm, {t.width()});
    qkv(t, sizes, want);
    t.want(want, attn_output, {sizes.q, t.width()});
}

void qk_norms(TensorList& t, Dim size, Want want) {
    t.want(want, attn_q_norm, {size});
    t.want(want, attn_k_norm, {size});
}

void kq_norms(TensorList& t, Dim size, Want want) {
    t.want(want, attn_k_norm, {size});
    t.want(want, attn_q_norm, {size});
}

namespace {

// They stand once in the file; from the second layer on llama.cpp does not count them.
void factors(TensorList& t, std::uint32_t i, std::initializer_list<Stem> stems, Dim pairs) {
    t.whole_model();
    for (const Stem stem : stems) {
        if (i == 0) t.may(stem, {pairs});
        else t.again(Want::optional, stem, {pairs});
    }
    t.block(Stack::trunk, i);
}

}  // namespace

void rope_freq_factors(TensorList& t, std::uint32_t i) { factors(t, i, {rope_freqs}, t.rotated() / 2); }

void long_rope_factors(TensorList& t, std::uint32_t i, Dim pairs) {
    factors(t, i, {rope_factors_long, rope_factors_short}, pairs);
}

void rope_factors(TensorList& t, std::uint32_t i) { rope_factors(t, i, t.rotated() / 2); }

void rope_factors(TensorList& t, std::uint32_t i, Dim pairs) {
    t.long_rope() ? long_rope_factors(t, i, pairs) : factors(t, i, {rope_freqs}, pairs);
}

void gated_ffn(TensorList& t, Dim inner, Want want) {
    t.want(want, ffn_gate, {t.width(), inner});
    t.want(want, ffn_down, {inner, t.width()});
    t.want(want, ffn_up, {t.width(), inner});
}

void gated_ffn_biases(TensorList& t, Dim inner) {
    t.may(ffn_gate, {inner}, Suffix::bias);
    t.may(ffn_down, {t.width()}, Suffix::bias);
    t.may(ffn_up, {inner}, Suffix::bias);
}

void plain_ffn(TensorList& t, Dim inner) {
    t.need(ffn_down, {inner, t.width()});
    t.need(ffn_up, {t.width(), inner});
}

void dense_or_experts(TensorList& t, Dim inner) {
    if (!t.experts()) {
        gated_ffn(t, inner);
        return gated_ffn_biases(t, inner);
    }
    t.need(ffn_gate_inp, {t.width(), t.experts()});
    t.may(ffn_gate_exps, {t.width(), inner, t.experts()});
    t.need(ffn_down_exps, {inner, t.width(), t.experts()});
    t.need(ffn_up_exps, {t.width(), inner, t.experts()});
    if (!t.shared_width()) return;
    t.need(ffn_gate_shexp, {t.width(), t.shared_width()});
    t.need(ffn_up_shexp, {t.width(), t.shared_width()});
    t.need(ffn_down_shexp, {t.shared_width(), t.width()});
}

void router_and_experts(TensorList& t, Dim inner, Want want) {
    router(t, want);
    experts_apart(t, inner, want);
}

void experts_apart(TensorList& t, Dim inner, Want want) {
    t.want(want, ffn_gate_exps, {t.width(), inner, t.experts()});
    t.want(want, ffn_down_exps, {inner, t.width(), t.experts()});
    t.want(want, ffn_up_exps, {t.width(), inner, t.experts()});
}

Dim expert_width_or_portion(const TensorList& t) {
    return t.expert_width() ? t.expert_width() : t.feed_forward() / t.experts_used();
}

void refuse_without_experts(TensorList& t) {
    const std::string key = t.key_name("expert_count");
    if (!t.experts()) t.refuse(fmt::format("key {} is 0, and this architecture is nothing without experts", key), key);
}

void gate_up_experts(TensorList& t, Dim inputs, Dim inner, Dim experts, Want want) {
    if (is_unused(want)) want = Want::optional_unused;
    if (t.want(optionally(want), ffn_gate_up_exps, {inputs, 2 * inner, experts})) return;
    t.want(want, ffn_gate_exps, {inputs, inner, experts});
    t.want(want, ffn_up_exps, {inputs, inner, experts});
}

void router(TensorList& t, Want want) { t.want(want, ffn_gate_inp, {t.width(), t.experts()}); }

void router_bias(TensorList& t, Want want) { t.want(want, exp_probs_b, {t.experts()}, Suffix::bias); }

void refuse_unused_experts(TensorList& t) {
    if (t.experts() && !t.experts_used()) t.refuse("expert_used_count is 0 for the first layer");
}

void shared_expert(TensorList& t, Dim inner, Want want) {
    t.want(want, ffn_gate_shexp, {t.width(), inner});
    t.want(want, ffn_down_shexp, {inner, t.width()});
    t.want(want, ffn_up_shexp, {t.width(), inner});
}

void shared_expert_up_first(TensorList& t, Dim inner, Want want) {
    t.want(want, ffn_gate_shexp, {t.width(), inner});
    t.want(want, ffn_up_shexp, {t.width(), inner});
    t.want(want, ffn_down_shexp, {inner, t.width()});
}

NextnWants nextn_wants(const TensorList& t, Stem probe) {
    NextnWants wants{Want::required, Want::required_unused};
    if (t.prediction_layers() == 0) return wants;
    if (t.info({Stack::trunk, 0}, probe) == nullptr) wants.trunk = Want::optional;
    if (t.info({Stack::trunk, t.layers()}, nextn_eh_proj) == nullptr) wants.prediction = Want::optional_unused;
    return wants;
}

void nextn_projections(TensorList& t, Want want, Want own) {
    t.want(want, nextn_eh_proj, {2 * t.width(), t.width()});
    t.want(want, nextn_enorm, {t.width()});
    t.want(want, nextn_hnorm, {t.width()});
    t.want(own, nextn_embed_tokens, {t.width(), t.vocabulary()});
    t.want(own, nextn_shared_head_head, {t.width(), t.vocabulary()});
    t.want(own, nextn_shared_head_norm, {t.width()});
}

}  // namespace attnx::model
