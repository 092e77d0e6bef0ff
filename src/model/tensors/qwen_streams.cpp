// Qwen 4 Exp: gated delta nets and full layers with an indexer on several residual streams (llama.cpp b12032,
// models/qwen4exp.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

// Two matrices that may be one.
void merged(TensorList& t, Stem both, Stem first, Stem second, Dim inputs, Dim a, Dim b, Want want) {
    const bool one = t.want(optionally(want), both, {inputs, a + b});
    if (one) return;
    t.want(is_unused(want) ? Want::optional_unused : want, first, {inputs, a});
    t.want(is_unused(want) ? Want::optional_unused : want, second, {inputs, b});
}

// The streams' norm, their low-rank mixture, and how much of a block's output each gets.
void low_rank_mixers(TensorList& t, Want want) {
    const Dim streams = t.draft().hyper_connections, all = streams * t.width();
    const Dim rank = t.key(Key::hyper_connection_low_rank);
    t.of_size(want, hc_attn_norm, {t.width(), streams});
    t.want(want, hc_attn_up, {rank, all});
    merged(t, hc_attn_down_inject, hc_attn_down, hc_attn_inject, all, rank, streams, want);
    t.of_size(want, hc_ffn_norm, {t.width(), streams});
    t.want(want, hc_ffn_up, {rank, all});
    merged(t, hc_ffn_down_inject, hc_ffn_down, hc_ffn_inject, all, rank, streams, want);
}

void qwen4_attention(TensorList& t, Want want) {
    const Dim width = t.width(), head = t.key(Key::indexer_key_length);
    qkv(t, {width, 2 * t.q_size(), t.k_size(), t.v_size()}, want);
    t.want(want, attn_output, {t.q_size(), width});
    qk_norms(t, t.head_k(), want);
    t.want(want, indexer_q_proj, {width, t.key(Key::indexer_head_count) * head});
    t.want(want, indexer_k_proj, {width, head});
    t.want(want, indexer_q_norm, {head});
    t.want(want, indexer_k_norm, {head});
}

void qwen4_delta_net(TensorList& t, Want want) {
    const Dim width = t.width(), head = t.key(Key::ssm_state_size), heads = t.key(Key::ssm_time_step_rank);
    const Dim keys = head * t.key(Key::ssm_group_count), values = head * heads, projected = 2 * keys + values;
    merged(t, attn_qkv_gate, attn_qkv, attn_gate, width, projected, values, want);
    t.want(want, ssm_conv1d, {t.key(Key::ssm_conv_kernel), projected});
    t.want(want, ssm_dt, {heads}, Suffix::bias);
    t.want(want, ssm_a, {heads}, Suffix::none);
    merged(t, ssm_beta_alpha, ssm_beta, ssm_alpha, width, heads, heads, want);
    t.want(want, ssm_norm, {head});
    t.want(want, ssm_out, {values, width});
}

void ngram_module(TensorList& t, Want want) {
    const Dim width = t.width(), streams = t.draft().hyper_connections, all = streams * width;
    t.want(want, ple_key, {width, all});
    t.want(want, ple_value, {width, width});
    for (const Stem norm : {ple_norm_key, ple_norm_query, ple_norm_conv}) t.of_size(want, norm, {width, streams});
    t.want(want, ple_conv1d, {t.key("ple.conv_kernel"), all});
}

void qwen4_experts(TensorList& t, Want want) {
    const Dim width = t.width(), inner = expert_width_or_portion(t);
    router(t, want);
    t.want(want, ffn_down_exps, {inner, width, t.experts()});
    gate_up_experts(t, width, inner, t.experts(), want);
    t.want(want, ffn_gate_inp_shexp, {width});
    shared_expert_up_first(t, t.shared_width() ? t.shared_width() : t.feed_forward(), want);
}

}  // namespace

// The streams' norms stand in the place of layer norms; there is no output norm but a last mixer.
void qwen4exp_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t, hc_attn_norm);
    const Dim width = t.width(), streams = t.draft().hyper_connections, all = streams * width;
    const Dim rank = t.key(Key::hyper_connection_low_rank);
    token_embedding(t);
    t.of_size(wants.trunk, output_hc_norm, {width, streams});
    t.want(wants.trunk, output_hc_down, {all, rank});
    t.want(wants.trunk, output_hc_up, {rank, all});
    output_or_tied(t);
    if (t.draft().ngram_history > 0 || t.array_length("ple.layers") > 0) ngram_table_tensors(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? wants.prediction : wants.trunk;
        low_rank_mixers(t, want);
        if (t.recurrent(i)) qwen4_delta_net(t, want);
        else qwen4_attention(t, want);
        if (i < t.draft().ngram.size() && t.draft().ngram[i]) ngram_module(t, want);
        qwen4_experts(t, want);
        if (!predicts) continue;
        t.want(want, nextn_eh_proj, {2 * width, width});
        t.want(want, nextn_enorm, {width});
        t.of_size(want, nextn_hnorm, {width, streams});
        t.of_size(want, nextn_hc_head_norm, {width, streams});
        t.want(want, nextn_hc_head_down, {all, rank});
        t.want(want, nextn_hc_head_up, {rank, all});
    }
}

}  // namespace attnx::model
