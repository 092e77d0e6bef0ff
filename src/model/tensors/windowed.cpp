// Decoders whose layers slide by an array (llama.cpp b12032, models/<name>.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void embedding_and_own_output(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
}

void attention_by_heads(TensorList& t) {
    qkv(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
    attention_output(t, t.q_size());
}

void gate_up_down(TensorList& t, Dim inputs, Dim inner) {
    t.need(ffn_gate_exps, {inputs, inner, t.experts()});
    t.need(ffn_up_exps, {inputs, inner, t.experts()});
    t.need(ffn_down_exps, {inner, inputs, t.experts()});
}

void gate_up_down(TensorList& t, Dim inner) {
    t.need(ffn_gate, {t.width(), inner});
    t.need(ffn_up, {t.width(), inner});
    t.need(ffn_down, {inner, t.width()});
}

void norms_around_attention(TensorList& t) {
    t.need(attn_norm, {t.width()});
    t.need(post_attention_norm, {t.width()});
}

void norms_around_ffn(TensorList& t) {
    t.need(ffn_norm, {t.width()});
    t.need(post_ffw_norm, {t.width()});
}

}  // namespace

void kolibri1_tensors(TensorList& t) {
    embedding_and_own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norms_around_attention(t);
        attention_by_heads(t);
        qk_norms(t, t.head_k());
        norms_around_ffn(t);
        router(t);
        router_bias(t);
        gate_up_down(t, t.width(), t.expert_width());
        shared_expert_up_first(t, t.shared_width());
    }
}

// Experts in a narrower space, on every so many layers.
void maion_coder_tensors(TensorList& t) {
    const Dim latent = t.key(Key::moe_latent_size);
    const std::uint32_t step = t.draft().expert_layer_step;
    embedding_and_own_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        attention_by_heads(t);
        qk_norms(t, t.head_k());
        t.need(post_attention_norm, {t.width()});
        norms_around_ffn(t);
        if (step == 0 || (i + 1) % step != 0) {
            gate_up_down(t, t.feed_forward());
            continue;
        }
        router(t);
        t.need(ffn_latent_down, {t.width(), latent});
        gate_up_down(t, latent, t.expert_width(i));
        t.need(ffn_latent_up, {latent, t.width()});
    }
}

void maple_tensors(TensorList& t) {
    embedding_and_own_output(t);
    refuse_without_experts(t);
    refuse_unused_experts(t);
    const Dim head = t.head_k(), keys = t.kv_heads() * head;
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        qkv(t, {t.width(), t.q_size(), keys, keys});
        attention_output(t, t.q_size());
        qk_norms(t, head);
        t.need(ffn_norm, {t.width()});
        router_and_experts(t, t.expert_width());
    }
}

// A gate as wide as all heads.
void muse_glimmer_tensors(TensorList& t) {
    embedding_and_own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norms_around_attention(t);
        attention_by_heads(t);
        qk_norms(t, t.head_k());
        t.need(attn_gate, {t.width(), t.q_size()});
        norms_around_ffn(t);
        gated_ffn(t, t.feed_forward());
    }
}

void muse_spark_tensors(TensorList& t) {
    const Dim width = t.width(), latent = t.key(Key::moe_latent_size);
    embedding_and_own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        attention_by_heads(t);
        qk_norms(t, t.head_k());
        t.need(attn_gate, {width, t.q_size()});
        for (const Stem stem :
             {attn_resid_alpha, attn_resid_beta, ffn_norm, post_ffw_norm, ffn_resid_alpha, ffn_resid_beta})
            t.need(stem, {width});
        router(t);
        router_bias(t);
        t.need(ffn_latent_down, {width, latent});
        t.need(ffn_latent_up, {latent, width});
        t.need(ffn_pre_exp_norm, {latent});
        t.need(ffn_post_exp_norm, {latent});
        gate_up_down(t, latent, t.expert_width());
    }
}

// The gate has a bias per head.
void beam_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        norms_around_attention(t);
        attention_by_heads(t);
        qk_norms(t, t.head_k());
        t.need_with_bias(attn_gate, {t.width(), t.q_size()}, t.heads());
        norms_around_ffn(t);
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router(t);
        router_bias(t);
        experts_apart(t, t.expert_width(i));
    }
}

void flint_tensors(TensorList& t) {
    embedding_and_own_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        attention_by_heads(t);
        kq_norms(t, t.head_k());
        t.need(attn_sinks, {t.heads()});
        t.need(ffn_norm, {t.width()});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router(t);
        router_bias(t, Want::optional);
        refuse_without_experts(t);
        refuse_unused_experts(t);
        experts_apart(t, t.expert_width());
        shared_expert(t, t.shared_width());
    }
}

// A gate per head.
void spark2_5_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        qkv(t, qkv_sizes(t, i));
        t.need(attn_gate, {t.width(), t.heads(i)});
        attention_output(t, t.q_size(i));
        t.need(ffn_norm, {t.width()});
        gate_up_down(t, t.feed_forward());
    }
}

// No norm has weights. Tokens have embeddings of their values, and layers taps on the inputs of earlier ones.
void limite_tensors(TensorList& t) {
    const Dim width = t.width(), taps = t.key(Key::mudd_tap_count), inner = t.key("mudd.feed_forward_length");
    token_embedding(t);
    t.need(value_embd, {t.v_size(), t.vocabulary()});
    output_or_tied(t);
    for (const std::uint32_t i : t.each_layer()) {
        attention_by_heads(t);
        t.may(attn_gate, {width, t.heads()});
        t.may(attn_ve_gate, {width, t.kv_heads()});
        t.may(attn_xsa_alpha, {t.heads()});
        t.need(attn_resid_scale, {1});
        t.need(ffn_resid_scale, {1});
        gated_ffn(t, t.feed_forward());
        if (!taps || t.signed_element("mudd.tap_indices", i * taps.value()).value_or(-1) < 0) continue;
        t.need(mudd_down, {width, inner});
        t.need_with_bias(mudd_up, {inner, 2 * taps}, 2 * taps);
    }
}

}  // namespace attnx::model
