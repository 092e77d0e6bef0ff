// OLMo (llama.cpp b12032, models/olmo.cpp, olmo2.cpp, olmoe.cpp). The first has norms without weights.
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

void olmo_tensors(TensorList& t) {
    token_embedding(t);
    output_or_tied(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        qkv(t, square_qkv_sizes(t));
        attention_output(t, t.width());
        gated_ffn(t, t.feed_forward());
    }
}

void olmo2_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        qkv(t, square_qkv_sizes(t));
        attention_output(t, width);
        t.need(attn_q_norm, {width});
        t.need(attn_k_norm, {t.kv_heads() * (width / t.heads())});
        t.need(post_attention_norm, {width});
        t.need(ffn_gate, {width, inner});
        t.need(ffn_up, {width, inner});
        t.need(ffn_down, {inner, width});
        t.need(post_ffw_norm, {width});
    }
}

void olmoe_tensors(TensorList& t) {
    const Dim width = t.width();
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, square_qkv_sizes(t));
        qk_norms(t, width);
        t.need(ffn_norm, {width});
        router_and_experts(t, t.feed_forward());
    }
}

}  // namespace attnx::model
