// Decoders with layer norm, in the line of GPT-2 (llama.cpp b12032; the file of each list is named before it).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void norm_with_bias(TensorList& t, Stem stem) { t.need_with_bias(stem, {t.width()}, t.width()); }

// A matrix and its bias, which may be missing.
void linear(TensorList& t, Stem stem, Dim inputs, Dim outputs, Want bias = Want::required) {
    t.need(stem, {inputs, outputs});
    t.want(bias, stem, {outputs}, Suffix::bias);
}

Dim fused_size(const TensorList& t) { return t.width() + 2 * t.v_size(); }

void fused_attention(TensorList& t) {
    norm_with_bias(t, attn_norm);
    linear(t, attn_qkv, t.width(), fused_size(t));
    linear(t, attn_output, t.width(), t.width());
    norm_with_bias(t, ffn_norm);
}

void down_and_up(TensorList& t) {
    linear(t, ffn_down, t.feed_forward(), t.width());
    linear(t, ffn_up, t.width(), t.feed_forward());
}

void fused_blocks(TensorList& t) {
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        fused_attention(t);
        down_and_up(t);
    }
}

}  // namespace

// models/gpt2.cpp, starcoder.cpp
void gpt2_tensors(TensorList& t) {
    token_embedding(t);
    t.need(position_embd, {t.width(), t.context()});
    norm_with_bias(t, output_norm);
    output_or_tied(t);
    fused_blocks(t);
}

// models/gptneox.cpp
void gptneox_tensors(TensorList& t) {
    token_embedding(t);
    norm_with_bias(t, output_norm);
    own_output(t);
    fused_blocks(t);
}

// models/bloom.cpp
void bloom_tensors(TensorList& t) {
    token_embedding(t);
    norm_with_bias(t, token_embd_norm);
    norm_with_bias(t, output_norm);
    output_or_tied(t);
    fused_blocks(t);
}

// models/jais.cpp
void jais_tensors(TensorList& t) {
    const Dim inner = t.feed_forward();
    token_embedding(t);
    norm_with_bias(t, output_norm);
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        fused_attention(t);
        linear(t, ffn_down, inner, t.width());
        linear(t, ffn_gate, t.width(), inner);
        linear(t, ffn_up, t.width(), inner);
    }
}

// models/mpt.cpp: every bias may be missing; activations may be divided by scales (AWQ).
void mpt_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    const auto norm = [&](Stem stem) { t.need_may_bias(stem, {width}, width); };
    token_embedding(t);
    t.may(position_embd, {width, t.context()});
    norm(output_norm);
    output_or_tied(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norm(attn_norm);
        linear(t, attn_qkv, width, fused_size(t), Want::optional);
        linear(t, attn_output, width, width, Want::optional);
        norm(ffn_norm);
        linear(t, ffn_down, inner, width, Want::optional);
        linear(t, ffn_up, width, inner, Want::optional);
        for (const Stem stem : {attn_q_norm, attn_k_norm}) {
            t.may(stem, {width});
            t.may(stem, {width}, Suffix::bias);
        }
        t.may(ffn_act, {inner}, Suffix::scales);
    }
}

// models/falcon.cpp
void falcon_tensors(TensorList& t) {
    token_embedding(t);
    norm_with_bias(t, output_norm);
    output_or_tied(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norm_with_bias(t, attn_norm);
        t.may(attn_norm_2, {t.width()});
        t.may(attn_norm_2, {t.width()}, Suffix::bias);
        t.need(attn_qkv, {t.width(), fused_size(t)});
        attention_output(t, t.width());
        plain_ffn(t, t.feed_forward());
    }
}

// models/starcoder2.cpp
void starcoder2_tensors(TensorList& t) {
    token_embedding(t);
    norm_with_bias(t, output_norm);
    output_or_tied(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norm_with_bias(t, attn_norm);
        qkv(t, square_qkv_sizes(t));
        linear(t, attn_output, t.width(), t.width());
        norm_with_bias(t, ffn_norm);
        plain_ffn(t, t.feed_forward());
        t.need(ffn_down, {t.width()}, Suffix::bias);
        t.need(ffn_up, {t.feed_forward()}, Suffix::bias);
    }
}

// models/codeshell.cpp: the embedding may be missing, the output matrix then takes its place.
void codeshell_tensors(TensorList& t) {
    if (!t.may(token_embd, {t.width(), t.vocabulary()})) t.again(Want::required, output, {t.width(), t.vocabulary()});
    norm_with_bias(t, output_norm);
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norm_with_bias(t, attn_norm);
        qkv(t, square_qkv_sizes(t));
        linear(t, attn_output, t.width(), t.width());
        norm_with_bias(t, ffn_norm);
        down_and_up(t);
    }
}

// models/stablelm.cpp: each head has a norm of its own; without the second norm, both networks take the first's output.
void stablelm_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()}, Suffix::bias);
    t.need(output_norm, {t.width()});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norm_with_bias(t, attn_norm);
        qkv(t, square_qkv_sizes(t));
        attention_output(t, t.width());
        t.may(attn_q_norm, {t.head_k(), t.heads()});
        t.may(attn_k_norm, {t.head_k(), t.kv_heads()});
        t.may(ffn_norm, {t.width()});
        t.may(ffn_norm, {t.width()}, Suffix::bias);
        gated_ffn(t, t.feed_forward());
    }
}

// models/jais2.cpp
void jais2_tensors(TensorList& t) {
    token_embedding(t);
    norm_with_bias(t, output_norm);
    output_or_tied(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norm_with_bias(t, attn_norm);
        qkv(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
        linear(t, attn_output, t.q_size(), t.width());
        norm_with_bias(t, ffn_norm);
        linear(t, ffn_up, t.width(), t.feed_forward());
        linear(t, ffn_down, t.feed_forward(), t.width());
    }
}

// models/nemotron.cpp
void nemotron_tensors(TensorList& t) {
    token_embedding(t);
    norm_with_bias(t, output_norm);
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        norm_with_bias(t, attn_norm);
        qkv(t, {t.width(), t.q_size(), t.v_size(), t.v_size()});
        linear(t, attn_output, t.q_size(), t.width(), Want::optional);
        norm_with_bias(t, ffn_norm);
        plain_ffn(t, t.feed_forward());
        t.may(ffn_down, {t.width()}, Suffix::bias);
        t.may(ffn_up, {t.feed_forward()}, Suffix::bias);
    }
}

// models/dbrx.cpp
void dbrx_tensors(TensorList& t) {
    refuse_without_experts(t);
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        t.need(attn_qkv, {t.width(), fused_size(t)});
        attention_output(t, t.width());
        t.need(attn_output_norm, {t.width()});
        router_and_experts(t, t.feed_forward());
    }
}

// models/grok.cpp: a dense network beside the experts where the file has one; the last norm has two names.
void grok_tensors(TensorList& t) {
    refuse_without_experts(t);
    token_embedding(t);
    output_norm_and_output(t);
    const Dim width = t.width(), dense = t.feed_forward(), inner = t.expert_width() ? t.expert_width() : dense;
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        qkv(t, square_qkv_sizes(t));
        attention_output(t, width);
        t.need(attn_output_norm, {width});
        t.need(ffn_norm, {width});
        t.may(ffn_gate, {width, dense});
        t.may(ffn_down, {dense, width});
        t.may(ffn_up, {width, dense});
        t.need(ffn_gate_inp, {width, t.experts()});
        t.may(ffn_gate_exps, {width, inner, t.experts()});
        t.need(ffn_down_exps, {inner, width, t.experts()});
        t.need(ffn_up_exps, {width, inner, t.experts()});
        if (!t.may(layer_output_norm, {width})) t.need(post_ffw_norm, {width});
    }
}

}  // namespace attnx::model
