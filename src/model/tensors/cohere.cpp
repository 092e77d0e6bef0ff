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

void attention(TensorList& t, Want want) {
    t.want(want, attn_norm, {t.width()});
    qkv(t, {t.width(), t.q_size(), t.v_size(), t.v_size()}, want);
    t.want(want, attn_output, {t.q_size(), t.width()});
}

void mixture(TensorList& t, Want want) {
    const Dim inner = t.expert_width() ? t.expert_width() : t.feed_forward();
    t.want(want, ffn_gate_inp, {t.width(), t.experts()});
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
    if (!t.experts()) t.refuse("expert_count is 0");
    for (const std::uint32_t i : t.each_layer()) {
        attention(t, wants.trunk);
        if (i < t.leading_dense()) gated_ffn(t, t.feed_forward(), wants.trunk);
        else mixture(t, wants.trunk);
    }
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer_of(Stack::trunk, t.layers(), t.layers_all())) {
        attention(t, wants.prediction);
        mixture(t, wants.prediction);
        t.want(wants.prediction, nextn_eh_proj, {2 * t.width(), t.width()});
        t.want(wants.prediction, nextn_enorm, {t.width()});
        t.want(wants.prediction, nextn_hnorm, {t.width()});
        // Unlike elsewhere these are loaded even where the block is not.
        t.may(nextn_embed_tokens, {t.width(), t.vocabulary()});
        t.may(nextn_shared_head_head, {t.width(), t.vocabulary()});
        t.may(nextn_shared_head_norm, {t.width()});
    }
}

}  // namespace attnx::model
