// T5 (llama.cpp b12032, models/t5.cpp, t5encoder.cpp).
#include <algorithm>

#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

struct Attention {
    Stem norm, relative_bias, q, k, v, o;
};
constexpr Attention kSelf = {attn_norm, attn_rel_b, attn_q, attn_k, attn_v, attn_o};
constexpr Attention kCross = {cross_attn_norm, cross_attn_rel_b, cross_attn_q,
                              cross_attn_k,    cross_attn_v,     cross_attn_o};

// Queries are as wide as keys: the first layer's sizes count for all.
void attention(TensorList& t, const Attention& names, Want bias) {
    const Dim width = t.width();
    t.need(names.norm, {width});
    t.want(bias, names.relative_bias, {t.heads(), t.key(Key::relative_buckets_count)});
    t.need(names.q, {width, t.k_size()});
    t.need(names.k, {width, t.k_size()});
    t.need(names.v, {width, t.v_size()});
    t.need(names.o, {t.v_size(), width});
}

void network(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    t.need(ffn_norm, {width});
    t.may(ffn_gate, {width, inner});
    t.need(ffn_down, {inner, width});
    t.need(ffn_up, {width, inner});
}

void encoder_blocks(TensorList& t) {
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer_of(Stack::encoder, 0, t.layers())) {
        attention(t, kSelf, Want::optional);
        network(t);
    }
}

void decoder_blocks(TensorList& t) {
    constexpr std::uint64_t kMost = 512;  // a file says any number
    const auto blocks =
        static_cast<std::uint32_t>(std::min(t.key(Key::decoder_block_count, t.layers()).value(), kMost));
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer_of(Stack::decoder, 0, blocks)) {
        attention(t, kSelf, Want::optional);
        attention(t, kCross, Want::optional_unused);
        network(t);
    }
}

}  // namespace

void t5_tensors(TensorList& t) {
    token_embedding(t);
    t.need(enc_output_norm, {t.width()});
    t.need(dec_output_norm, {t.width()});
    output_or_tied(t);
    encoder_blocks(t);
    decoder_blocks(t);
}

void t5encoder_tensors(TensorList& t) {
    token_embedding(t);
    t.need(enc_output_norm, {t.width()});
    output_or_tied(t);
    encoder_blocks(t);
}

}  // namespace attnx::model
