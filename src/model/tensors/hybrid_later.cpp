// Later hybrids (llama.cpp b12032, models/bailingmoe3.cpp, kimi-k3.cpp, glm5-next.cpp, minimax-01.cpp, lfm3.cpp,
// qwen4exp.cpp).
#include <algorithm>

#include "deepseek4.h"
#include "latent.h"
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

// How the decay and the output gate of Kimi delta attention are projected.
enum class KdaForm : std::uint8_t { full, full_gate, low_rank };

void delta_attention(TensorList& t, KdaForm form, Want want) {
    const Dim width = t.width(), head = t.draft().kda_head, inner = head * t.heads();
    for (const Stem stem : {ssm_conv1d_q, ssm_conv1d_k, ssm_conv1d_v})
        t.want(want, stem, {t.draft().ssm_conv, 1, inner});
    qkv(t, {width, inner, inner, inner}, want);
    t.want(want, ssm_f_a, {width, form == KdaForm::full ? inner : head});
    if (form != KdaForm::full) t.want(want, ssm_f_b, {head, inner});
    t.want(want, ssm_beta, {width, t.heads()});
    if (form == KdaForm::full) t.want(want, ssm_a, {1, t.heads()}, Suffix::none);
    else t.want(want, ssm_a, {t.heads()}, Suffix::none);
    t.want(want, ssm_dt, {inner}, Suffix::bias);
    if (form == KdaForm::full) t.want(want, ssm_g_a, {width, inner});
    if (form == KdaForm::full_gate) t.want(want, ssm_g, {width, inner});
    if (form == KdaForm::low_rank) {
        t.want(want, ssm_g_a, {width, head});
        t.want(want, ssm_g_b, {head, inner});
    }
    t.want(want, ssm_norm, {head});
    t.want(want, attn_output, {inner, width});
}

// Gate, up, down: the order of Ling 3.
void up_before_down(TensorList& t, Dim inner, Want want) {
    t.want(want, ffn_gate, {t.width(), inner});
    t.want(want, ffn_up, {t.width(), inner});
    t.want(want, ffn_down, {inner, t.width()});
}

void ling_attention(TensorList& t, Want want) {
    const LatentSizes sizes = latent_sizes(t);
    const Dim queries = t.heads() * sizes.key;
    if (sizes.query_rank) {
        t.want(want, attn_q_a, {t.width(), sizes.query_rank});
        t.want(want, attn_q_a_norm, {sizes.query_rank});
        t.want(want, attn_q_b, {sizes.query_rank, queries});
    } else {
        t.want(want, attn_q, {t.width(), queries});
    }
    latent_down(t, sizes, want);
    t.want(want, attn_kv_a_norm, {sizes.rank});
    latent_up_apart(t, sizes, want);
    t.want(want, attn_gate, {t.width(), t.heads()});
    latent_output(t, sizes, want);
}

void ling_experts(TensorList& t, Want want) {
    const Dim width = t.width(), inner = t.expert_width();
    const Dim shared = t.shared_width() ? t.shared_width() : inner * std::max(t.shared_experts(), Dim(1));
    router(t, want);
    router_bias(t, want);
    t.want(want, ffn_gate_exps, {width, inner, t.experts()});
    t.want(want, ffn_up_exps, {width, inner, t.experts()});
    t.want(want, ffn_down_exps, {inner, width, t.experts()});
    shared_expert_up_first(t, shared, want);
}

}  // namespace

void bailingmoe3_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    const Dim width = t.width();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? wants.prediction : wants.trunk;
        t.want(want, attn_norm, {width});
        if (!predicts && t.recurrent(i)) delta_attention(t, KdaForm::full, want);
        else ling_attention(t, want);
        t.want(want, ffn_norm, {width});
        if (!predicts && i < t.leading_dense()) up_before_down(t, t.feed_forward(), want);
        else ling_experts(t, want);
        if (!predicts) continue;
        t.want(want, nextn_eh_proj, {2 * width, width});
        t.want(want, nextn_enorm, {width});
        t.want(want, nextn_hnorm, {width});
        t.want(want, layer_output_norm, {width});
    }
}

namespace {

void k3_attention(TensorList& t) {
    const LatentSizes sizes = latent_sizes(t);
    const Dim width = t.width(), queries = t.heads() * sizes.key;
    const bool low_rank = t.may(attn_q_a_norm, {sizes.query_rank});
    t.need(attn_kv_a_norm, {sizes.rank});
    if (low_rank) {
        t.need(attn_q_a, {width, sizes.query_rank});
        t.need(attn_q_b, {sizes.query_rank, queries});
    } else {
        t.need(attn_q, {width, queries});
    }
    latent_down(t, sizes);
    if (!latent_up(t, sizes, Want::optional)) latent_up_apart(t, sizes);
    t.may(attn_gate, {width, t.heads() * sizes.value});
    latent_output(t, sizes);
}

// Routed experts in a space of their own, the shared one in the stream's.
void k3_experts(TensorList& t) {
    const Dim width = t.width(), inner = t.expert_width(), latent = t.key(Key::expert_latent_length);
    const Dim inputs = latent ? latent : width;
    router(t);
    router_bias(t);
    t.need(ffn_gate_exps, {inputs, inner, t.experts()});
    t.need(ffn_down_exps, {inner, inputs, t.experts()});
    t.need(ffn_up_exps, {inputs, inner, t.experts()});
    if (latent) {
        t.need(ffn_routed_down, {width, latent});
        t.need(ffn_routed_up, {latent, width});
        t.may(ffn_routed_norm, {latent});
    }
    shared_expert(t, inner * std::max(t.shared_experts(), Dim(1)), Want::optional);
}

}  // namespace

void kimi_k3_tensors(TensorList& t) {
    const Dim width = t.width();
    const bool scored = static_cast<bool>(t.key(Key::attn_res_block_size));
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    if (scored) t.need(output_res_score, {width});
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(ffn_norm, {width});
        if (scored) {
            t.need(attn_res_score, {width});
            t.need(ffn_res_score, {width});
        }
        if (t.recurrent(i)) delta_attention(t, KdaForm::full_gate, Want::required);
        else k3_attention(t);
        if (i < t.leading_dense()) gated_ffn(t, t.feed_forward());
        else k3_experts(t);
    }
}

namespace {

void glm5_attention(TensorList& t, Want want, Want indexers) {
    const LatentSizes sizes = latent_sizes(t);
    const Dim width = t.width(), head = t.key(Key::indexer_key_length), heads = t.key(Key::indexer_head_count);
    t.want(want, attn_q_a_norm, {sizes.query_rank});
    t.want(want, attn_kv_a_norm, {sizes.rank});
    t.want(want, attn_q_a, {width, sizes.query_rank});
    t.want(want, attn_q_b, {sizes.query_rank, t.heads() * sizes.key});
    latent_down(t, sizes, want);
    latent_up_apart(t, sizes, want);
    latent_output(t, sizes, want);
    t.want(indexers, indexer_k_norm, {head});
    t.want(indexers, indexer_k_norm, {head}, Suffix::bias);
    t.want(indexers, indexer_proj, {width, heads});
    t.want(indexers, indexer_attn_k, {width, head});
    t.want(indexers, indexer_attn_q_b, {sizes.query_rank, heads * head});
    t.want(indexers, indexer_compressor_gate, {width, head});
    t.want(indexers, indexer_compressor_ape, {head, t.key(Key::indexer_kpool)});
}

}  // namespace

void glm5_next_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    const Dim width = t.width();
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? wants.prediction : wants.trunk;
        t.want(want, attn_norm, {width});
        t.want(want, ffn_norm, {width});
        if (!predicts) stream_mixers(t, want);
        const bool indexes = predicts || t.draft().indexer_full.at(i);
        if (t.recurrent(i)) delta_attention(t, KdaForm::low_rank, want);
        else glm5_attention(t, want, indexes ? want : optionally(want));
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward(), want);
        } else {
            router(t, want);
            router_bias(t, want);
            experts_apart(t, t.expert_width(i), want);
            shared_expert(t, t.expert_width(i) * t.shared_experts(), want);
        }
        if (predicts) nextn_projections(t, want);
    }
}

// Lightning attention has a norm over all heads and a gate.
void minimax_01_tensors(TensorList& t) {
    const Dim width = t.width(), queries = t.q_size(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        if (!t.recurrent(i)) {
            qkv(t, {width, queries, t.k_size(), t.v_size()});
        } else {
            t.need(attn_norm_2, {queries});
            t.need(attn_qkv, {width, 3 * queries});
            t.need(attn_gate, {width, queries});
        }
        attention_output(t, queries);
        t.need(ffn_norm, {width});
        router(t);
        t.may(ffn_gate_exps, {width, inner, t.experts()});
        t.need(ffn_down_exps, {inner, width, t.experts()});
        t.need(ffn_up_exps, {width, inner, t.experts()});
    }
}

// Both post-norms or neither. Factors of the rope stand once, for the layers that do not slide.
void lfm3_tensors(TensorList& t) {
    const Dim width = t.width();
    bool asked = false;
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(ffn_norm, {width});
        const bool after_attention = t.may(post_attention_norm, {width}), after_ffn = t.may(post_ffw_norm, {width});
        if (after_attention != after_ffn) t.refuse("a block has one post-norm of two");
        gated_ffn(t, t.feed_forward());
        if (t.recurrent(i)) {
            t.need(shortconv_conv, {t.draft().short_conv_cache, width});
            t.need(shortconv_in_proj, {width, 3 * width});
            t.need(shortconv_out_proj, {width, width});
            continue;
        }
        if (t.k_size(i) != t.v_size(i)) t.refuse("keys and values of a layer are of different sizes");
        qk_norms(t, t.head_k());
        qkv(t, {width, t.q_size(), t.k_size(i), t.v_size(i)});
        attention_output(t, t.q_size());
        t.need(attn_gate, {width, t.heads()});
        if (t.sliding(i)) continue;
        const Dim pairs = t.head_k() / 2;
        t.whole_model();
        asked ? t.again(Want::required, rope_freqs, {pairs}) : t.need(rope_freqs, {pairs});
        t.block(Stack::trunk, i);
        asked = true;
    }
}

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
