// Mixtures of experts with next-token-prediction blocks (llama.cpp b12032, models/step35.cpp, mimo2.cpp,
// hy-v3.cpp; and bailingmoe.cpp, bailingmoe2.cpp).
#include <algorithm>

#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

// A dense network or experts, whatever the block has.
void any_ffn(TensorList& t, Want want = Want::optional) {
    gated_ffn(t, t.feed_forward(), want);
    router_and_experts(t, t.expert_width(), want);
    router_bias(t, want);
}

// One tensor of factors serves all layers, the first numbers of it.
Dim most_rotated(const TensorList& t) {
    Dim most;
    for (std::uint32_t i = 0; i < t.layers(); ++i) most = std::max(most, t.rotated(i));
    return most ? most : t.rotated();
}

}  // namespace

void step35_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    const Dim rotated = most_rotated(t);
    token_embedding(t);
    t.need(output_norm, {t.width()});
    t.want(wants.trunk, output, {t.width(), t.vocabulary()});
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool prediction = i >= t.layers();
        const Want want = prediction ? wants.prediction : wants.trunk;
        t.want(want, attn_norm, {t.width()});
        qk_norms(t, t.head_k(), Want::optional);
        rope_factors(t, i, rotated / 2);
        qkv(t, {t.width(), t.head_k() * t.heads(i), t.k_size(i), t.v_size(i)}, want);
        t.want(want, attn_output, {t.head_v() * t.heads(i), t.width()});
        t.may(attn_gate, {t.width(), t.heads(i)});
        t.want(want, ffn_norm, {t.width()});
        any_ffn(t);
        shared_expert_up_first(t, t.shared_width(), Want::optional);
        if (prediction) nextn_projections(t, want, Want::optional);
    }
}

void mimo2_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool prediction = i >= t.layers();
        const Want want = prediction ? wants.prediction : wants.trunk;
        qkv(t, {t.width(), t.head_k() * t.heads(i), t.k_size(i), t.v_size(i)}, want);
        t.want(want, attn_output, {t.head_v() * t.heads(i), t.width()});
        t.want(want, attn_norm, {t.width()});
        t.want(optionally(want), attn_sinks, {t.heads(i)});
        t.want(want, ffn_norm, {t.width()});
        any_ffn(t, optionally(want));
        if (!prediction) continue;
        nextn_projections(t, want);
        t.want(optionally(want), layer_output_norm, {t.width()});
    }
}

void hy_v3_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    const Dim share = t.feed_forward() / (t.experts_used() ? t.experts_used() : 1);
    const Dim inner = t.expert_width() ? t.expert_width() : share;
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool prediction = i >= t.layers();
        const Want want = prediction ? wants.prediction : wants.trunk;
        normed_attention(t, {t.width(), t.q_size(), t.k_size(), t.v_size()}, want);
        qk_norms(t, t.head_k(), want);
        t.want(want, ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward(), Want::optional);
        router(t, Want::optional);
        t.may(exp_probs_b, {t.experts()}, Suffix::none);
        t.may(ffn_down_exps, {inner, t.width(), t.experts()});
        gate_up_experts(t, t.width(), inner, t.experts(), Want::optional);
        shared_expert_up_first(t, t.shared_width() ? t.shared_width() : inner, Want::optional);
        if (prediction) nextn_projections(t, want, Want::optional);
    }
}

void bailingmoe_tensors(TensorList& t) {
    const Dim q = t.heads() * t.rotated(), kv = t.kv_heads() * t.rotated();
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, {t.width(), q, kv, kv});
        t.need(ffn_norm, {t.width()});
        router_and_experts(t, t.expert_width());
        shared_expert(t, t.expert_width() * t.shared_experts());
    }
    refuse_unused_experts(t);
}

// Next-token-prediction blocks may not be missing here.
void bailingmoe2_tensors(TensorList& t) {
    const Dim shared = (t.shared_width() ? t.shared_width() : t.expert_width()) * t.shared_experts();
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const Want want = i >= t.layers() ? Want::required_unused : Want::required;
        t.want(want, attn_norm, {t.width()});
        t.want(want, attn_qkv, {t.width(), t.width() + 2 * t.v_size()});
        t.want(want, attn_output, {t.q_size(), t.width()});
        qk_norms(t, t.head_k(), want);
        t.want(want, ffn_norm, {t.width()});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward(), want);
        } else {
            router(t, want);
            router_bias(t, optionally(want));
            experts_apart(t, t.expert_width(), want);
            shared_expert(t, shared, want);
        }
        if (i < t.layers()) continue;
        nextn_projections(t, want);
        t.want(want, layer_output_norm, {t.width()});
    }
    refuse_unused_experts(t);
}

}  // namespace attnx::model
