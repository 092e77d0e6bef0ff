// Language models beside an image encoder, and their text-only siblings (llama.cpp b12032,
// models/ernie4-5.cpp, hunyuan-moe.cpp, hunyuan-vl.cpp, cogvlm.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void ernie_attention(TensorList& t) {
    normed_attention(t, grouped_sizes(t, t.q_size()));
    t.may(attn_output, {t.width()}, Suffix::bias);
    t.need(ffn_norm, {t.width()});
}

void hunyuan_attention(TensorList& t) {
    normed_attention(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
    kq_norms(t, t.head_k());
    t.need(ffn_norm, {t.width()});
}

}  // namespace

void ernie4_5_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        ernie_attention(t);
        gated_ffn(t, t.feed_forward());
    }
}

void ernie4_5_moe_tensors(TensorList& t) {
    const Dim inner = t.expert_width();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        ernie_attention(t);
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router(t);
        router_bias(t, Want::optional);
        t.may(ffn_gate_exps, {t.width(), inner, t.experts()});
        t.need(ffn_down_exps, {inner, t.width(), t.experts()});
        t.need(ffn_up_exps, {t.width(), inner, t.experts()});
        if (t.shared_width()) shared_expert(t, t.shared_width());
    }
}

// Experts are as wide as feed_forward_length says, whatever the key of their own.
void hunyuan_moe_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        hunyuan_attention(t);
        router_and_experts(t, t.feed_forward());
        shared_expert_up_first(t, t.shared_width() ? t.shared_width() : t.feed_forward(i));
    }
}

void hunyuan_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        hunyuan_attention(t);
        gated_ffn(t, t.feed_forward());
    }
}

// Each block twice: for text, and for images.
void cogvlm_tensors(TensorList& t) {
    const Dim width = t.width(), heads = t.q_size(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(attn_qkv, {width, 3 * heads});
        attention_output(t, heads);
        t.need(vis_attn_qkv, {width, 3 * heads});
        t.need(vis_attn_output, {heads, width});
        rope_freq_factors(t, i);
        t.need(ffn_norm, {width});
        gated_ffn(t, inner);
        t.need(vis_gate, {width, inner});
        t.need(vis_down, {inner, width});
        t.need(vis_up, {width, inner});
    }
}

}  // namespace attnx::model
