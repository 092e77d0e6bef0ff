// Qwen (llama.cpp b12032, models/qwen*.cpp, except those with delta nets).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

void qwen_tensors(TensorList& t) {
    const Dim width = t.width();
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need_with_bias(attn_qkv, {width, 3 * width}, 3 * width);
        attention_output(t, width);
        t.need(ffn_norm, {width});
        gated_ffn(t, t.feed_forward() / 2);  // the key counts gate and up together
    }
}

void qwen2_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    t.may(output, {t.vocabulary()}, Suffix::bias);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, square_qkv_sizes(t));
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
    }
}

void qwen2moe_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, square_qkv_sizes(t));
        t.need(ffn_norm, {t.width()});
        router_and_experts(t, expert_width_or_portion(t));
        t.need(ffn_gate_inp_shexp, {t.width()});
        shared_expert(t, t.shared_width() ? t.shared_width() : t.feed_forward());
    }
    refuse_unused_experts(t);
}

namespace {

void normed_head_attention(TensorList& t) {
    normed_attention(t, grouped_sizes(t, t.q_size()));
    kq_norms(t, t.head_k());
    t.need(ffn_norm, {t.width()});
}

// A classifier's output, as many rows as it has labels.
void reranker_output(TensorList& t) {
    const std::uint64_t labels = t.array_length("classifier.output_labels");
    t.may(cls_output, {t.width(), labels == 0 ? 1 : labels});
}

void dense_blocks(TensorList& t) {
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_head_attention(t);
        gated_ffn(t, t.feed_forward());
    }
}

}  // namespace

void qwen3_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    reranker_output(t);
    const Dim embedding = t.output_width();
    t.may(dense_2, {t.width(), embedding});
    t.may(dense_2, {embedding}, Suffix::bias);
    dense_blocks(t);
}

void qwen3vl_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    reranker_output(t);
    dense_blocks(t);
}

// models/qwen3vl.cpp: the output is a codebook's.
void qwen3tts_tensors(TensorList& t) {
    constexpr std::uint32_t kCodes = 3072;
    token_embedding(t);
    t.need(output_norm, {t.width()});
    if (!t.may(output, {t.width(), kCodes})) t.again(Want::required, token_embd, {t.width(), t.vocabulary()});
    reranker_output(t);
    dense_blocks(t);
}

void qwen3moe_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_head_attention(t);
        router_and_experts(t, expert_width_or_portion(t));
    }
    refuse_unused_experts(t);
}

// models/grovemoe.cpp: neighbouring experts share a small one, a chunk expert.
void grovemoe_tensors(TensorList& t) {
    const Dim width = t.width();
    const Dim inner =
        t.key(Key::expert_chunk_feed_forward_length) ? t.key(Key::expert_chunk_feed_forward_length) : t.head_k();
    const Dim chunks = t.experts() / t.key(Key::experts_per_group);
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_head_attention(t);
        router_and_experts(t, expert_width_or_portion(t));
        t.need(ffn_gate_chexps, {width, inner, chunks});
        t.need(ffn_down_chexps, {inner, width, chunks});
        t.need(ffn_up_chexps, {width, inner, chunks});
    }
    refuse_unused_experts(t);
}

}  // namespace attnx::model
