// GLM (llama.cpp b12032, models/chatglm.cpp, glm4.cpp, glm4-moe.cpp, glm-dsa.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void glm4moe_attention(TensorList& t, Want want) {
    t.want(want, attn_norm, {t.width()});
    qkv(t, qkv_sizes(t, 0), want);
    t.want(want, attn_output, {t.q_size(), t.width()});
    t.want(optionally(want), attn_q_norm, {t.head_k()});
    t.want(optionally(want), attn_k_norm, {t.head_k()});
    t.want(want, post_attention_norm, {t.width()});
}

// Keys and values are made of kv_lora_rank numbers per token; `plain` elements of a head are not rotated.
void latent_attention(TensorList& t, Want want) {
    const Draft& draft = t.draft();
    const Dim q_rank = draft.query_rank, rank = draft.key_value_rank;
    const Dim head = draft.head_k_mla, value = draft.head_v_mla;
    const Dim rotated = t.rotated(), plain = head - rotated;
    t.want(want, attn_norm, {t.width()});
    t.want(want, attn_q_a_norm, {q_rank});
    t.want(want, attn_kv_a_norm, {rank});
    t.want(want, attn_q_a, {t.width(), q_rank});
    t.want(want, attn_q_b, {q_rank, t.heads() * head});
    t.want(want, attn_kv_a_mqa, {t.width(), rank + rotated});
    t.want(want, attn_k_b, {plain, rank, t.heads()});
    t.want(want, attn_v_b, {rank, value, t.heads()});
    t.want(want, attn_output, {t.heads() * value, t.width()});
}

// Not every layer has an indexer of its own.
void layer_indexer(TensorList& t, Want want) {
    const Dim head = t.draft().indexer_key_length, heads = t.key(Key::indexer_head_count);
    t.want(want, indexer_k_norm, {head});
    t.want(want, indexer_k_norm, {head}, Suffix::bias);
    t.want(want, indexer_proj, {t.width(), heads});
    t.want(want, indexer_attn_k, {t.width(), head});
    t.want(want, indexer_attn_q_b, {t.draft().query_rank, heads * head});
}

}  // namespace

// Gate and up are one matrix.
void chatglm_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        qkv(t, qkv_sizes(t, 0));
        attention_output(t, width);
        t.need(ffn_norm, {width});
        t.need(ffn_up, {width, 2 * inner});
        t.need(ffn_down, {inner, width});
    }
}

void glm4_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const Want want = i < t.layers() ? Want::required : Want::required_unused;
        t.want(want, attn_norm, {width});
        qkv(t, qkv_sizes(t, 0), want);
        t.want(want, attn_output, {t.q_size(), width});
        t.want(want, post_attention_norm, {width});
        t.want(want, ffn_norm, {width});
        t.want(want, ffn_down, {inner, width});
        t.want(want, ffn_up, {width, 2 * inner});
        t.want(want, post_ffw_norm, {width});
        if (i >= t.layers()) nextn_projections(t, want);
    }
}

void glm4moe_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    const Dim inner = expert_width_or_portion(t);
    if (!t.experts()) t.refuse("expert_count is 0");
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? wants.prediction : wants.trunk;
        glm4moe_attention(t, want);
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward(), want);
        } else {
            t.want(want, ffn_gate_inp, {t.width(), t.experts()});
            t.want(want, exp_probs_b, {t.experts()}, Suffix::bias);
            experts_apart(t, inner, want);
            if (t.shared_experts()) shared_expert(t, inner * t.shared_experts(), want);
        }
        if (predicts) nextn_projections(t, want);
    }
}

void glm_dsa_tensors(TensorList& t) {
    if (!t.draft().compressed_latent())
        return t.refuse("attention.key_length_mla and attention.value_length_mla have to be given");
    const NextnWants wants = nextn_wants(t);
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? wants.prediction : wants.trunk;
        latent_attention(t, want);
        t.want(want, ffn_norm, {t.width()});
        layer_indexer(t, optionally(want));
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward(), want);
        } else {
            t.want(want, ffn_gate_inp, {t.width(), t.experts()});
            t.may(exp_probs_b, {t.experts()}, Suffix::bias);
            experts_apart(t, t.expert_width(), want);
            shared_expert(t, t.expert_width() * t.shared_experts(), want);
        }
        if (predicts) nextn_projections(t, want);
    }
}

}  // namespace attnx::model
