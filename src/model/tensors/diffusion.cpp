// Diffusion language models (llama.cpp b12032, models/dream.cpp, llada.cpp, llada-moe.cpp, rnd1.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

void dream_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    output_or_tied(t);
    t.may(output, {t.vocabulary()}, Suffix::bias);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, square_qkv_sizes(t));
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
    }
}

void llada_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        qkv(t, qkv_sizes(t, 0));
        attention_output(t, t.q_size(), true);
        t.need(ffn_norm, {t.width()});
        rope_freq_factors(t, i);
        gated_ffn(t, t.feed_forward());
        gated_ffn_biases(t, t.feed_forward());
    }
}

void llada_moe_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    refuse_without_experts(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, square_qkv_sizes(t));
        qk_norms(t, t.head_k());
        t.need(ffn_norm, {t.width()});
        router_and_experts(t, expert_width_or_portion(t));
    }
}

void rnd1_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, grouped_sizes(t, t.q_size()));
        kq_norms(t, t.head_k());
        t.need(ffn_norm, {t.width()});
        router_and_experts(t, expert_width_or_portion(t));
    }
}

}  // namespace attnx::model
