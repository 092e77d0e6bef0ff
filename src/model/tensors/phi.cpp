// Phi (llama.cpp b12032, models/phi2.cpp, phi3.cpp, phimoe.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void output_with_biases(TensorList& t) {
    t.need_with_bias(output_norm, {t.width()}, t.width());
    t.need_with_bias(output, {t.width(), t.vocabulary()}, t.vocabulary());
}

}  // namespace

void phi2_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    output_with_biases(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need_with_bias(attn_norm, {width}, width);
        qkv(t, square_qkv_sizes(t));
        t.need_with_bias(attn_output, {width, width}, width);
        t.need_with_bias(ffn_down, {inner, width}, width);
        t.need_with_bias(ffn_up, {width, inner}, inner);
    }
}

// Gate and up are one matrix. llama.cpp loads files without queries, keys and values, but does not run them.
void phi3_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        qkv(t, square_qkv_sizes(t), Want::optional);
        attention_output(t, width);
        t.need(ffn_norm, {width});
        t.need(ffn_down, {inner, width});
        t.need(ffn_up, {width, 2 * inner});
        long_rope_factors(t, i, t.rotated() / 2);
    }
}

void phimoe_tensors(TensorList& t) {
    const Dim width = t.width();
    token_embedding(t);
    output_with_biases(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need_with_bias(attn_norm, {width}, width);
        qkv(t, square_qkv_sizes(t));
        t.need_with_bias(attn_output, {width, width}, width);
        t.need_with_bias(ffn_norm, {width}, width);
        router_and_experts(t, t.feed_forward());
        long_rope_factors(t, i, width / t.heads() / 2);
    }
}

}  // namespace attnx::model
