// DeepSeek and others with latent attention (llama.cpp b12032, models/deepseek.cpp, deepseek2.cpp,
// deepseek2ocr.cpp, deepseek32.cpp, minicpm3.cpp, plm.cpp). DeepSeek-V4 is in deepseek4.cpp.
#include "latent.h"
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

Dim shared_inner(const TensorList& t) { return t.expert_width() * t.shared_experts(); }

// Router and experts, fused or apart; the router's bias may be missing.
void experts_in_groups(TensorList& t, Want want) {
    router(t, want);
    router_bias(t, optionally(want));
    refuse_without_experts(t);
    t.want(want, ffn_down_exps, {t.expert_width(), t.width(), t.experts()});
    gate_up_experts(t, t.width(), t.expert_width(), t.experts(), want);
    shared_expert(t, shared_inner(t), want);
}

}  // namespace

void deepseek_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        qkv(t, square_qkv_sizes(t));
        t.need(attn_output, {t.width(), t.width()});
        t.need(ffn_norm, {t.width()});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router(t);
        refuse_without_experts(t);
        experts_apart(t, t.expert_width());
        shared_expert(t, shared_inner(t));
    }
}

void deepseek2_ocr_tensors(TensorList& t) {
    const Dim width = t.width();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        qkv(t, {width, width, width, width});
        t.need(attn_output, {width, width});
        t.need(ffn_norm, {width});
        t.need(attn_norm, {width});
        if (i >= t.leading_dense()) {
            experts_in_groups(t, Want::required);
            continue;
        }
        plain_ffn(t, t.feed_forward());
        t.need(ffn_gate, {width, t.feed_forward()});
    }
}

// Lite models project queries directly. Old files have keys and values in one matrix.
void deepseek2_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    const LatentSizes sizes = latent_sizes(t);
    const Dim width = t.width(), queries = t.heads() * sizes.key;
    if (!sizes.plain || !sizes.plain.possible())
        t.refuse("rope.dimension_count leaves nothing of a head that is not rotated");
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const Want want = i < t.layers() ? wants.trunk : wants.prediction;
        t.want(want, attn_norm, {width});
        if (sizes.query_rank) t.want(want, attn_q_a_norm, {sizes.query_rank});
        t.want(want, attn_kv_a_norm, {sizes.rank});
        if (sizes.query_rank) {
            t.want(want, attn_q_a, {width, sizes.query_rank});
            t.want(want, attn_q_b, {sizes.query_rank, queries});
        } else {
            t.want(want, attn_q, {width, queries});
        }
        latent_down(t, sizes, want);
        if (t.draft().compressed_latent()) latent_up_apart(t, sizes, want);
        else latent_up(t, sizes, want);
        latent_output(t, sizes, want);
        t.want(want, ffn_norm, {width});
        if (i < t.leading_dense()) gated_ffn(t, t.feed_forward(), want);
        else experts_in_groups(t, want);
        if (i >= t.layers()) nextn_projections(t, want);
    }
}

namespace {

// An index chooses the keys that are attended.
void indexer(TensorList& t, Want want) {
    const Dim heads = t.key(Key::indexer_head_count), head = t.key(Key::indexer_key_length);
    t.want(want, indexer_k_norm, {head});
    t.want(want, indexer_k_norm, {head}, Suffix::bias);
    t.want(want, indexer_proj, {t.width(), heads});
    t.want(want, indexer_attn_k, {t.width(), head});
    t.want(want, indexer_attn_q_b, {t.draft().query_rank, heads * head});
}

}  // namespace

void sparse_latent_tensors(TensorList& t, Want indexers) {
    const NextnWants wants = nextn_wants(t);
    const LatentSizes sizes = latent_sizes(t);
    const Dim width = t.width();
    if (!t.draft().compressed_latent())
        t.refuse(
            "attention.key_length_mla or value_length_mla is missing: llama.cpp takes compressed latents "
            "only");
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const Want want = i < t.layers() ? wants.trunk : wants.prediction;
        t.want(want, attn_norm, {width});
        latent_attention(t, sizes, want);
        t.want(want, ffn_norm, {width});
        indexer(t, is_required(indexers) ? want : optionally(want));
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward(), want);
        } else {
            router(t, want);
            router_bias(t, Want::optional);
            refuse_without_experts(t);
            experts_apart(t, t.expert_width(), want);
            shared_expert(t, shared_inner(t), want);
        }
        if (i >= t.layers()) nextn_projections(t, want);
    }
}

void deepseek32_tensors(TensorList& t) { sparse_latent_tensors(t, Want::required); }

void minicpm3_tensors(TensorList& t) {
    const LatentSizes sizes = plain_latent_sizes(t);
    const Dim width = t.width();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(attn_q_a_norm, {sizes.query_rank});
        t.need(attn_kv_a_norm, {sizes.rank});
        t.need(attn_q_a, {width, sizes.query_rank});
        t.need(attn_q_b, {sizes.query_rank, t.q_size()});
        latent_down(t, sizes);
        latent_up(t, sizes);
        latent_output(t, sizes);
        t.need(ffn_norm, {width});
        gated_ffn(t, t.feed_forward());
        long_rope_factors(t, i, sizes.rotated / 2);
    }
}

// Never an output matrix of its own.
void plm_tensors(TensorList& t) {
    const LatentSizes sizes = plain_latent_sizes(t);
    token_embedding(t);
    t.need(output_norm, {t.width()});
    t.again(Want::required, token_embd, {t.width(), t.vocabulary()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        t.need(attn_q, {t.width(), t.q_size()});
        latent_down(t, sizes);
        t.need(attn_kv_a_norm, {sizes.rank});
        latent_up(t, sizes);
        latent_output(t, sizes);
        t.need(ffn_norm, {t.width()});
        plain_ffn(t, t.feed_forward());
    }
}

}  // namespace attnx::model
