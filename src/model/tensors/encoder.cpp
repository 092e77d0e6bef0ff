// Encoders of the line of BERT (llama.cpp b12032, models/*bert*.cpp).
#include <algorithm>

#include "decision_head.h"
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void normed(TensorList& t, Stem stem) { t.need_with_bias(stem, {t.width()}, t.width()); }

// A label of a classifier each; one where the file names none.
Dim labels(const TensorList& t) { return std::max<std::uint64_t>(t.array_length("classifier.output_labels"), 1); }

void pooler_and_scorer(TensorList& t) {
    t.may(cls, {t.width(), t.width()});
    t.may(cls, {t.width()}, Suffix::bias);
    t.may(cls_output, {t.width(), labels(t)});
    t.may(cls_output, {labels(t)}, Suffix::bias);
}

void token_and_type_embedding(TensorList& t) {
    if (!t.token_types())
        t.refuse("key tokenizer.ggml.token_type_count is missing or 0", "tokenizer.ggml.token_type_count");
    token_embedding(t);
    t.may(token_types, {t.width(), t.token_types()});
}

void bidirectional_attention(TensorList& t) {
    qkv(t, square_qkv_sizes(t));
    attention_output(t, t.width(), true);
    normed(t, attn_output_norm);
}

void up_and_down(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    t.need_may_bias(ffn_up, {width, inner}, inner);
    t.need_may_bias(ffn_down, {inner, width}, width);
}

// Every layer alike, but that one in so many may have experts: `every` 0, none has.
void bert_blocks(TensorList& t, bool gated, Dim every = {}) {
    const Dim width = t.width(), inner = t.feed_forward();
    for (const std::uint32_t i : t.each_layer()) {
        bidirectional_attention(t);
        if (every && i % every.value() == 1) {
            t.need(ffn_up_exps, {width, inner, t.experts()});
            t.need(ffn_down_exps, {inner, width, t.experts()});
            t.need(ffn_gate_inp, {width, t.experts()});
        } else {
            up_and_down(t);
        }
        if (gated) t.need(ffn_gate, {width, inner});
        normed(t, layer_output_norm);
    }
}

}  // namespace

void bert_tensors(TensorList& t) {
    token_and_type_embedding(t);
    t.need(position_embd, {t.width(), t.context()});
    pooler_and_scorer(t);
    normed(t, token_embd_norm);
    bert_blocks(t, false);
}

// Rotated positions: Jina v3, and Nomic with one more matrix or with experts.
void jina_bert_v3_tensors(TensorList& t) {
    token_and_type_embedding(t);
    normed(t, token_embd_norm);
    bert_blocks(t, false);
}

void nomic_bert_tensors(TensorList& t) {
    token_and_type_embedding(t);
    normed(t, token_embd_norm);
    bert_blocks(t, true);
}

void nomic_bert_moe_tensors(TensorList& t) {
    token_and_type_embedding(t);
    normed(t, token_embd_norm);
    bert_blocks(t, false, t.key(Key::moe_every_n_layers));
}

void jina_bert_v2_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    t.need(token_types, {width, t.token_types()});
    normed(t, token_embd_norm);
    t.may(cls, {width, 1});
    t.may(cls, {1}, Suffix::bias);
    for (const std::uint32_t i : t.each_layer()) {
        qkv(t, square_qkv_sizes(t));
        for (const Stem stem : {attn_q_norm, attn_k_norm}) {
            t.may(stem, {width});
            t.may(stem, {width}, Suffix::bias);
        }
        t.need_with_bias(attn_output, {width, width}, width);
        normed(t, attn_output_norm);
        t.may(attn_norm_2, {width});
        t.may(attn_norm_2, {width}, Suffix::bias);
        t.may(ffn_gate, {width, inner});
        // The gate may be the other half of this matrix; llama.cpp aborts where it is neither.
        const gguf::TensorInfo* info = t.info({Stack::trunk, i}, ffn_up);
        const Dim up = info != nullptr && Dim(info->ne[1]) == 2 * inner ? 2 * inner : inner;
        t.need_may_bias(ffn_up, {width, up}, up);
        t.need_with_bias(ffn_down, {inner, width}, width);
        normed(t, layer_output_norm);
    }
}

void neo_bert_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    pooler_and_scorer(t);
    t.need(enc_output_norm, {width});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(attn_qkv, {width, width + 2 * t.v_size()});
        t.need(attn_output, {width, width});
        t.need(ffn_norm, {width});
        t.need(ffn_up, {width, 2 * inner});
        t.need(ffn_down, {inner, width});
    }
}

void eurobert_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    t.need(output_norm, {width});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        qkv(t, square_qkv_sizes(t));
        t.need(attn_output, {width, width});
        t.need(ffn_norm, {width});
        t.need(ffn_gate, {width, inner});
        t.need(ffn_up, {width, inner});
        t.need(ffn_down, {inner, width});
    }
}

// The last blocks may be those of a decision head.
void modern_bert_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    const std::uint32_t first_decision = t.layers() - decision_blocks(t);
    token_embedding(t);
    t.need(token_embd_norm, {width});
    t.need(output_norm, {width});
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, first_decision)) {
        t.want(i == 0 ? Want::optional : Want::required, attn_norm, {width});
        t.need(attn_qkv, {width, 3 * width});
        t.need(attn_output, {width, width});
        t.need(ffn_up, {width, 2 * inner});
        t.need(ffn_down, {inner, width});
        t.need(ffn_norm, {width});
    }
    const bool scored = t.may(cls_output, {width, labels(t)}), biased = t.may(cls_output, {labels(t)}, Suffix::bias);
    const bool pooled = t.may(cls, {width, width}), pooler_normed = t.may(cls_norm, {width});
    if (first_decision == t.layers()) return;
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, first_decision, t.layers()))
        decision_block(t, t.feed_forward(i));
    decision_types(t);
    t.need(cls, {width}, Suffix::bias);
    t.need(cls_norm, {width}, Suffix::bias);
    if (!scored || !biased) t.refuse("the decision head lacks cls.output", "cls.output.weight");
    if (!pooled || !pooler_normed) t.refuse("the decision head lacks cls or its norm", "cls.weight");
}

}  // namespace attnx::model
