// Cohere (llama.cpp b12032, models/command-r.cpp, cohere2.cpp, cohere2moe.cpp). The output matrix of the first
// two is the embedding.
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void parallel_layers(TensorList& t, bool head_norms) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        if (head_norms) {
            t.need(attn_q_norm, {t.head_k(), t.heads()});
            t.need(attn_k_norm, {t.head_k(), t.kv_heads()});
        }
        qkv(t, square_qkv_sizes(t));
        attention_output(t, t.width());
        gated_ffn(t, t.feed_forward());
    }
}

void mixture(TensorList& t, Want want) {
    const Dim inner = t.expert_width() ? t.expert_width() : t.feed_forward();
    router(t, want);
    t.want(want, ffn_down_exps, {inner, t.width(), t.experts()});
    gate_up_experts(t, t.width(), inner, t.experts(), want);
    if (!t.shared_experts()) return;
    shared_expert(t, t.shared_width() ? t.shared_width() : inner * t.shared_experts(), want);
}

}  // namespace

void command_r_tensors(TensorList& t) { parallel_layers(t, t.layers() >= 64); }  // the 104B model

void cohere2_tensors(TensorList& t) { parallel_layers(t, false); }

void cohere2moe_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    token_embedding(t);
    output_norm_and_output(t);
    refuse_without_experts(t);
    for (const std::uint32_t i : t.each_layer()) {
        normed_attention(t, grouped_sizes(t, t.q_size()), wants.trunk);
        if (i < t.leading_dense()) gated_ffn(t, t.feed_forward(), wants.trunk);
        else mixture(t, wants.trunk);
    }
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer_of(Stack::trunk, t.layers(), t.layers_all())) {
        normed_attention(t, grouped_sizes(t, t.q_size()), wants.prediction);
        mixture(t, wants.prediction);
        // Unlike elsewhere these are loaded even where the block is not.
        nextn_projections(t, wants.prediction, Want::optional);
    }
}

}  // namespace attnx::model
