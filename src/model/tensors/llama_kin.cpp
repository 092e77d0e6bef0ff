// Decoders of Llama's outline from other houses (llama.cpp b12032; the file of each list is named before it). MiniCPM
// and Refact have exactly Llama's tensors.
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void square_attention(TensorList& t) {
    qkv(t, square_qkv_sizes(t));
    attention_output(t, t.width());
}

void gate_up_down(TensorList& t) {
    const Dim inner = t.feed_forward();
    t.need(ffn_gate, {t.width(), inner});
    t.need(ffn_up, {t.width(), inner});
    t.need(ffn_down, {inner, t.width()});
}

}  // namespace

// models/xverse.cpp, baichuan.cpp, internlm2.cpp
void xverse_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        square_attention(t);
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
    }
}

// models/orion.cpp
void orion_tensors(TensorList& t) {
    token_embedding(t);
    t.need_with_bias(output_norm, {t.width()}, t.width());
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need_with_bias(attn_norm, {t.width()}, t.width());
        square_attention(t);
        t.need_with_bias(ffn_norm, {t.width()}, t.width());
        gated_ffn(t, t.feed_forward());
    }
}

// models/seed-oss.cpp: values are as wide as keys, whatever value_length says.
void seed_oss_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        qkv(t, {t.width(), t.q_size(), t.k_size(), t.k_size()});
        attention_output(t, t.q_size());
        t.need(attn_norm, {t.width()});
        t.need(post_attention_norm, {t.width()});
        gate_up_down(t);
    }
}

// models/talkie.cpp: norms have no weights.
void talkie_tensors(TensorList& t) {
    token_embedding(t);
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        qkv(t, {t.width(), t.q_size(), t.v_size(), t.v_size()});
        attention_output(t, t.q_size());
        t.need(attn_q_norm, {1, t.heads()});
        gate_up_down(t);
        t.need(layer_output_scale, {1});
    }
}

// models/mellum.cpp
void mellum_tensors(TensorList& t) {
    const auto [trunk, prediction] = nextn_wants(t);
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    refuse_without_experts(t);
    refuse_unused_experts(t);
    const Dim inner = expert_width_or_portion(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? prediction : trunk;
        t.want(want, attn_norm, {t.width()});
        qkv(t, {t.width(), t.q_size(), t.v_size(), t.v_size()}, want);
        t.want(want, attn_output, {t.q_size(), t.width()});
        t.want(want, attn_k_norm, {t.head_k()});
        t.want(want, attn_q_norm, {t.head_k()});
        t.want(want, ffn_norm, {t.width()});
        router_and_experts(t, inner, want);
        if (!predicts) continue;
        t.want(want, nextn_eh_proj, {2 * t.width(), t.width()});
        for (const Stem norm : {nextn_enorm, nextn_hnorm, nextn_shared_head_norm}) t.want(want, norm, {t.width()});
    }
}

// models/bitnet.cpp
void bitnet_tensors(TensorList& t) {
    const auto scaled = [&](Stem matrix, Dim inputs, Dim outputs) {
        t.need(matrix, {inputs, outputs});
        t.may(matrix, {1}, Suffix::scale);
    };
    const Dim inner = t.feed_forward();
    token_embedding(t);
    t.need(output_norm, {t.width()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        t.need(attn_sub_norm, {t.width()});
        scaled(attn_q, t.width(), t.width());
        scaled(attn_k, t.width(), t.v_size());
        scaled(attn_v, t.width(), t.v_size());
        scaled(attn_output, t.width(), t.width());
        t.need(ffn_norm, {t.width()});
        t.need(ffn_sub_norm, {inner});
        scaled(ffn_gate, t.width(), inner);
        scaled(ffn_down, inner, t.width());
        scaled(ffn_up, t.width(), inner);
    }
}

// models/plamo.cpp
void plamo_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        square_attention(t);
        gated_ffn(t, t.feed_forward());
    }
}

// models/plamo3.cpp: gate and up are one matrix; heads are as wide in every layer as in the first.
void plamo3_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        const Dim inner = t.feed_forward(i);
        t.need(attn_norm, {t.width()});
        t.need(attn_qkv, {t.width(), (t.heads(i) + t.kv_heads(i)) * t.head_k() + t.kv_heads(i) * t.head_v()});
        t.need(attn_q_norm, {t.head_k()});
        t.need(attn_k_norm, {t.head_k()});
        attention_output(t, t.heads(i) * t.head_v());
        t.need(post_attention_norm, {t.width()}, Suffix::none);
        t.need(ffn_norm, {t.width()});
        t.need(post_ffw_norm, {t.width()}, Suffix::none);
        t.need(ffn_up, {t.width(), 2 * inner});
        t.need(ffn_down, {inner, t.width()});
    }
}

// models/openelm.cpp: heads and networks differ by layer; the embedding makes the logits.
void openelm_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        t.need(attn_qkv, {t.width(), (t.heads(i) + 2 * t.kv_heads(i)) * t.head_k()});
        t.need(attn_q_norm, {t.head_k()});
        t.need(attn_k_norm, {t.head_k()});
        attention_output(t, t.heads(i) * t.head_k());
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward(i));
    }
}

// Two stacks, each there once however often it runs. No norm has weights.
void hrm_text_tensors(TensorList& t) {
    token_embedding(t);
    output_or_tied(t);
    t.need(hrm_z_l_init, {t.width()}, Suffix::none);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.draft().block_count)) {
        qkv(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
        t.need(attn_gate, {t.width(), t.q_size()});
        attention_output(t, t.q_size());
        gated_ffn(t, t.feed_forward());
    }
}

// Never an output matrix of its own.
void pockettts_tensors(TensorList& t) {
    const Dim width = t.width();
    token_embedding(t);
    t.need_with_bias(output_norm, {width}, width);
    t.again(Want::required, token_embd, {width, t.vocabulary()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need_with_bias(attn_norm, {width}, width);
        qkv(t, square_qkv_sizes(t), Want::optional);
        attention_output(t, width);
        t.need_with_bias(ffn_norm, {width}, width);
        plain_ffn(t, t.feed_forward());
    }
}

void sensenova_u1_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        qkv(t, grouped_sizes(t, t.q_size()));
        attention_output(t, t.q_size());
        kq_norms(t, t.head_k());
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
    }
}

}  // namespace attnx::model
