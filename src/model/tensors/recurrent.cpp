// Mamba and RWKV (llama.cpp b12032, models/mamba.cpp, mamba2.cpp, rwkv6.cpp, rwkv6qwen2.cpp, rwkv7.cpp,
// arwkv7.cpp).
#include "lists.h"
#include "sections.h"
#include "state_space.h"

namespace attnx::model {

using enum Stem;

void mamba_tensors(TensorList& t) {
    refuse_other_expansion(t);
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        mamba_mixer(t);
    }
}

void mamba2_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        mamba2_mixer(t, {.convolution_bias = Want::required});
    }
}

namespace {

void normed_in_block(TensorList& t, Stem stem) { t.need_with_bias(stem, {t.width()}, t.width()); }

void square(TensorList& t, Stem stem) { t.need(stem, {t.width(), t.width()}); }

// Down to `rank` numbers and up again.
void low_rank(TensorList& t, Stem down, Stem up, Dim rank, Want want = Want::required) {
    t.want(want, down, {t.width(), rank});
    t.want(want, up, {rank, t.width()});
}

// The embedding's norm, the output's norm and matrix: RWKV's own models have all with biases.
void rwkv_ends(TensorList& t) {
    token_embedding(t);
    normed_in_block(t, token_embd_norm);
    normed_in_block(t, output_norm);
    own_output(t);
}

// How a token is mixed with the one before it, by its content.
void token_shift(TensorList& t) {
    const Dim width = t.width(), rank = t.key(Key::time_mix_extra_dim);
    t.need(time_mix_w1, {width, 5 * rank});
    t.need(time_mix_w2, {rank, width, 5});
    t.need(time_mix_lerp_x, {width, 1, 1});
}

void decay(TensorList& t) {
    t.need(time_mix_decay, {t.width()});
    low_rank(t, time_mix_decay_w1, time_mix_decay_w2, t.key(Key::time_decay_extra_dim));
}

// Decay, learning rate, value and gate of RWKV-7. The first block's value mix has the rank of the learning
// rate, and is not used.
void rwkv7_low_ranks(TensorList& t, std::uint32_t i, Want gate) {
    const Dim width = t.width(), rate = t.key(Key::iclr_lora_rank), value = t.key(Key::value_residual_mix_lora_rank);
    t.need(time_mix_w0, {width});
    low_rank(t, time_mix_w1, time_mix_w2, t.key(Key::decay_lora_rank));
    t.need(time_mix_a0, {width});
    low_rank(t, time_mix_a1, time_mix_a2, rate);
    t.need(time_mix_v0, {width});
    low_rank(t, time_mix_v1, time_mix_v2, i == 0 ? rate : value);
    low_rank(t, time_mix_g1, time_mix_g2, t.key(Key::gate_lora_rank), gate);
}

void rwkv7_mix(TensorList& t, Want norm) {
    const Dim width = t.width();
    for (const Stem stem : {time_mix_k_k, time_mix_k_a, time_mix_r_k}) t.need(stem, {width});
    for (const Stem stem : {time_mix_key, time_mix_value, time_mix_receptance}) square(t, stem);
    t.want(norm, time_mix_ln, {width});
    t.want(norm, time_mix_ln, {width}, Suffix::bias);
    square(t, time_mix_output);
}

void gated_network(TensorList& t) {
    t.need(ffn_norm, {t.width()});
    gated_ffn(t, t.feed_forward());
}

}  // namespace

void rwkv6_tensors(TensorList& t) {
    rwkv_ends(t);
    const Dim width = t.width(), head = t.draft().wkv_head, inner = t.feed_forward();
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_in_block(t, attn_norm);
        normed_in_block(t, attn_norm_2);
        token_shift(t);
        const bool apart = t.may(time_mix_lerp_w, {width, 1, 1});
        for (const Stem stem : {time_mix_lerp_k, time_mix_lerp_v, time_mix_lerp_r, time_mix_lerp_g})
            t.may(stem, {width, 1, 1});
        t.want(apart ? Want::optional : Want::required, time_mix_lerp_fused,
               {width, 1, 1, 5});  // llama.cpp aborts without either
        t.need(time_mix_first, {head, width / head});
        decay(t);
        for (const Stem stem : {time_mix_key, time_mix_value, time_mix_receptance, time_mix_gate}) square(t, stem);
        normed_in_block(t, time_mix_ln);
        square(t, time_mix_output);
        t.need(channel_mix_lerp_k, {width, 1, 1});
        t.need(channel_mix_lerp_r, {width, 1, 1});
        t.need(channel_mix_key, {width, inner});
        t.need(channel_mix_value, {inner, width});
        square(t, channel_mix_receptance);
    }
}

void rwkv6qwen2_tensors(TensorList& t) {
    token_embedding(t);
    t.need_may_bias(output_norm, {t.width()}, t.width());
    own_output(t);
    const Dim width = t.width(), head = t.draft().wkv_head;
    // Keys and values may be of fewer heads.
    const Dim shared = t.kv_heads() && t.kv_heads() != width / head ? t.kv_heads() * head : width;
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        token_shift(t);
        t.need(time_mix_lerp_fused, {width, 1, 1, 5});
        t.may(time_mix_first, {head, width / head});
        decay(t);
        t.need(time_mix_key, {width, shared});
        t.need(time_mix_value, {width, shared});
        square(t, time_mix_receptance);
        square(t, time_mix_gate);
        t.may(time_mix_key, {shared}, Suffix::bias);
        t.may(time_mix_value, {shared}, Suffix::bias);
        t.may(time_mix_receptance, {width}, Suffix::bias);
        square(t, time_mix_output);
        gated_network(t);
    }
}

void rwkv7_tensors(TensorList& t) {
    rwkv_ends(t);
    const Dim width = t.width(), inner = t.feed_forward();
    for (const std::uint32_t i : t.each_layer()) {
        normed_in_block(t, attn_norm);
        normed_in_block(t, attn_norm_2);
        rwkv7_low_ranks(t, i, Want::required);
        t.need(time_mix_lerp_fused, {width, 1, 1, 6});
        rwkv7_mix(t, Want::required);
        t.need(channel_mix_lerp_k, {width, 1, 1});
        t.need(channel_mix_key, {width, inner});
        t.need(channel_mix_value, {inner, width});
    }
}

void arwkv7_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        rwkv7_low_ranks(t, i, Want::optional);
        // One of six is the gate's, which files may lack.
        const gguf::TensorInfo* lerp = t.info({Stack::trunk, i}, time_mix_lerp_fused);
        t.need(time_mix_lerp_fused, {t.width(), 1, 1, lerp != nullptr && lerp->ne[3] == 6 ? 6U : 5U});
        rwkv7_mix(t, Want::optional);
        gated_network(t);
    }
}

}  // namespace attnx::model
