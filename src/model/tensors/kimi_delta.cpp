// Kimi delta attention and, in other layers, latent attention (llama.cpp b12032, models/kimi-linear.cpp,
// bailingmoe3.cpp, kimi-k3.cpp, glm5-next.cpp).
#include <algorithm>

#include "deepseek4.h"
#include "latent.h"
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

// How the decay and the output gate of Kimi delta attention are projected. In full and low_rank_row the decay is a
// matrix of one row.
enum class KdaForm : std::uint8_t { full, full_gate, low_rank, low_rank_row };

void delta_attention(TensorList& t, KdaForm form, Want want) {
    const bool low_rank_gate = form == KdaForm::low_rank || form == KdaForm::low_rank_row;
    const Dim width = t.width(), head = t.draft().kda_head, inner = head * t.heads();
    for (const Stem stem : {ssm_conv1d_q, ssm_conv1d_k, ssm_conv1d_v})
        t.want(want, stem, {t.draft().ssm_conv, 1, inner});
    qkv(t, {width, inner, inner, inner}, want);
    t.want(want, ssm_f_a, {width, form == KdaForm::full ? inner : head});
    if (form != KdaForm::full) t.want(want, ssm_f_b, {head, inner});
    t.want(want, ssm_beta, {width, t.heads()});
    if (form == KdaForm::full || form == KdaForm::low_rank_row) t.want(want, ssm_a, {1, t.heads()}, Suffix::none);
    else t.want(want, ssm_a, {t.heads()}, Suffix::none);
    t.want(want, ssm_dt, {inner}, Suffix::bias);
    if (form == KdaForm::full) t.want(want, ssm_g_a, {width, inner});
    if (form == KdaForm::full_gate) t.want(want, ssm_g, {width, inner});
    if (low_rank_gate) {
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

// Queries are projected directly, unless the file has a norm of their bottleneck.
void kimi_latent_attention(TensorList& t, bool gated) {
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
    if (gated) t.may(attn_gate, {width, t.heads() * sizes.value});
    latent_output(t, sizes);
}

}  // namespace

void kimi_linear_tensors(TensorList& t) {
    const Dim width = t.width();
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        if (t.recurrent(i)) delta_attention(t, KdaForm::low_rank_row, Want::required);
        else kimi_latent_attention(t, false);
        t.need(ffn_norm, {width});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router_and_experts(t, t.expert_width());
        shared_expert(t, t.expert_width() * std::max(t.shared_experts(), Dim(1)), Want::optional);
        router_bias(t);
    }
}

namespace {

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
        else kimi_latent_attention(t, true);
        if (i < t.leading_dense()) gated_ffn(t, t.feed_forward());
        else k3_experts(t);
    }
}

namespace {

void glm5_attention(TensorList& t, Want want, Want indexers) {
    const LatentSizes sizes = latent_sizes(t);
    const Dim width = t.width(), head = t.key(Key::indexer_key_length), heads = t.key(Key::indexer_head_count);
    latent_attention(t, sizes, want);
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

}  // namespace attnx::model
