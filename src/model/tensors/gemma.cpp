// Gemma (llama.cpp b12032, models/gemma.cpp, gemma2.cpp, gemma3.cpp, gemma-embedding.cpp); 3n and 4 are in
// gemma_per_layer.cpp. Where no output matrix is asked for, it is the embedding.
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void feed_forward(TensorList& t) {
    t.need(ffn_norm, {t.width()});
    t.need(ffn_gate, {t.width(), t.feed_forward()});
    t.need(ffn_up, {t.width(), t.feed_forward()});
    t.need(ffn_down, {t.feed_forward(), t.width()});
}

// dense: inputs of the second of two matrices after the last norm, outputs of the first.
void gemma3_like(TensorList& t, Dim dense_2_outputs, Dim dense_3_inputs) {
    token_embedding(t);
    output_norm_and_output(t);
    t.may(dense_2, {t.width(), dense_2_outputs});
    t.may(dense_3, {dense_3_inputs, t.width()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, qkv_sizes(t, 0));
        t.need(post_attention_norm, {t.width()});
        kq_norms(t, t.head_k());
        feed_forward(t);
        t.need(post_ffw_norm, {t.width()});
    }
}

}  // namespace

void gemma_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, qkv_sizes(t, 0));
        feed_forward(t);
    }
}

void gemma2_tensors(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, qkv_sizes(t, 0));
        t.need(post_attention_norm, {t.width()});
        feed_forward(t);
        t.need(post_ffw_norm, {t.width()});
    }
}

// It does not read the sizes that its dense matrices would have.
void gemma3_tensors(TensorList& t) { gemma3_like(t, 0, 0); }

void gemma_embedding_tensors(TensorList& t) {
    gemma3_like(t, t.key(Key::dense_2_feat_out), t.key(Key::dense_3_feat_in));
}

}  // namespace attnx::model
