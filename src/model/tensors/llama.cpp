// Llama, and what is Llama but for a tensor or two (llama.cpp b12032; the file is named where it is not
// models/llama.cpp).
#include <algorithm>

#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void attention(TensorList& t) {
    qkv(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
    attention_output(t, t.q_size());
}

// A norm scaled by where in the audio the token is; the file says how wide the network for it is inside.
void adaptive_norm(TensorList& t, std::uint32_t i) {
    const gguf::TensorInfo* down = t.info({Stack::trunk, i}, ffn_norm_ada_down);
    if (down == nullptr) return;
    t.need(ffn_norm_ada_down, {t.width(), down->ne[1]});
    t.need(ffn_norm_ada_up, {down->ne[1], t.width()});
}

void llama_or_mistral(TensorList& t, bool mistral) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        attention(t);
        t.may(attn_output, {t.width()}, Suffix::bias);
        t.need(ffn_norm, {t.width()});
        if (mistral) adaptive_norm(t, i);
        rope_factors(t, i);
        dense_or_experts(t, t.feed_forward());
    }
}

}  // namespace

void llama_tensors(TensorList& t) { llama_or_mistral(t, false); }

// models/mistral3.cpp
void mistral3_tensors(TensorList& t) { llama_or_mistral(t, true); }

// models/llama4.cpp
void llama4_tensors(TensorList& t) {
    refuse_without_experts(t);
    token_embedding(t);
    output_norm_and_output(t);
    const std::uint32_t step = t.draft().expert_layer_step;
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        attention(t);
        t.need(ffn_norm, {t.width()});
        rope_freq_factors(t, i);
        if (step == 0 || (i + 1) % step != 0) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router_and_experts(t, t.expert_width());
        shared_expert(t, t.expert_width());
    }
}

// models/deci.cpp: layers may have one matrix in the place of attention, no attention, no feed-forward network.
void deci_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        const Dim inner = t.feed_forward(i);
        if (t.kv_heads(i)) {
            t.need(attn_norm, {t.width()});
            qkv(t, qkv_sizes(t, i));
            attention_output(t, t.q_size(i));
        } else if (t.heads(i)) {
            t.need(attn_norm, {t.width()});
            attention_output(t, t.width());
        }
        t.may(attn_output, {t.width()}, Suffix::bias);
        if (inner) t.need(ffn_norm, {t.width()});
        rope_factors(t, i);
        if (inner) gated_ffn(t, inner);
        gated_ffn_biases(t, inner);
    }
}

// models/smollm3.cpp
void smollm3_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        attention(t);
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
    }
}

// models/arcee.cpp
void arcee_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        attention(t);
        t.need(ffn_norm, {t.width()});
        rope_freq_factors(t, i);
        plain_ffn(t, t.feed_forward());
    }
}

// models/maincoder.cpp
void maincoder_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        qkv(t, {t.width(), t.q_size(), t.v_size(), t.v_size()});
        attention_output(t, t.q_size());
        t.need(attn_k_norm, {t.head_k()});
        t.need(attn_q_norm, {t.head_k()});
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
    }
}

// models/nanbeige.cpp: layers run several times over, their tensors are there once.
void nanbeige_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    const std::uint32_t blocks = t.draft().block_count;
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, blocks - std::min(blocks, t.prediction_layers()))) {
        t.need(attn_norm, {t.width()});
        attention(t);
        rope_freq_factors(t, i);
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
    }
}

// models/apertus.cpp
void apertus_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        rope_factors(t, i);
        qkv(t, {t.width(), t.q_size(), t.v_size(), t.v_size()});
        attention_output(t, t.q_size(), true);
        t.need(ffn_norm, {t.width()});
        plain_ffn(t, t.feed_forward());
        t.need_may_bias(attn_q_norm, {t.head_k()}, t.head_k());
        t.need_may_bias(attn_k_norm, {t.head_k()}, t.head_k());
    }
}

// models/chameleon.cpp: each head has a norm of its own.
void chameleon_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        t.need(attn_q_norm, {t.head_k(), t.heads()});
        t.need(attn_k_norm, {t.head_k(), t.kv_heads()});
        t.may(attn_q_norm, {t.head_k(), t.heads()}, Suffix::bias);
        t.may(attn_k_norm, {t.head_k(), t.kv_heads()}, Suffix::bias);
        qkv(t, square_qkv_sizes(t));
        attention_output(t, t.width());
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
    }
}

// models/pangu-embed.cpp
void pangu_embedded_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        attention(t);
        t.need(attn_output, {t.width()}, Suffix::bias);
        t.need(ffn_norm, {t.width()});
        rope_factors(t, i);
        gated_ffn(t, t.feed_forward());
    }
}

}  // namespace attnx::model
