// Gemma with small embeddings for each layer: Gemma 3n, Gemma 4 and its assistant, EmbeddingGemma 2 (llama.cpp b12032,
// models/gemma3n.cpp, gemma4.cpp, gemma4-assistant.cpp, gemma-embedding2.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void feed_forward(TensorList& t, Dim inner) {
    t.need(ffn_norm, {t.width()});
    t.need(ffn_gate, {t.width(), inner});
    t.need(ffn_up, {t.width(), inner});
    t.need(ffn_down, {inner, t.width()});
    t.need(post_ffw_norm, {t.width()});
}

// The small embeddings of each layer: all in one table, and how the stream gives its share.
void per_layer_embeddings(TensorList& t, Dim per_layer) {
    const Dim all = per_layer * t.layers();
    t.need(per_layer_token_embd, {all, t.vocabulary()});
    t.need(per_layer_model_proj, {t.width(), all});
    t.need(per_layer_proj_norm, {per_layer});
}

void per_layer_input(TensorList& t, Dim per_layer) {
    t.need(inp_gate, {t.width(), per_layer});
    t.need(proj, {per_layer, t.width()});
    t.need(post_norm, {t.width()});
}

// Copies of the stream, mixed by learned coefficients, and a low-rank path beside attention.
void altup_and_laurel(TensorList& t) {
    constexpr std::uint32_t kCopies = 4, kLaurelRank = 64;  // no keys say otherwise
    t.need(altup_correct_coef, {kCopies, kCopies});
    t.need(altup_correct_scale, {t.width()});
    t.need(altup_predict_coef, {kCopies, kCopies * kCopies});
    t.need(altup_router, {t.width(), kCopies});
    t.need(altup_router_norm, {t.width()});
    t.need(laurel_l, {t.width(), kLaurelRank});
    t.need(laurel_r, {kLaurelRank, t.width()});
    t.need(laurel_post_norm, {t.width()});
}

// Layers without a window rotate by factors of the whole model; a model without such layers has none.
void full_layer_factors(TensorList& t, std::uint32_t i, bool& asked) {
    if (t.sliding(i)) return;
    const Dim pairs = t.head_k(i) / 2;
    t.whole_model();
    asked ? t.again(Want::required, rope_freqs, {pairs}) : t.need(rope_freqs, {pairs});
    t.block(Stack::trunk, i);
    asked = true;
}

// Keys may stand in for values, and layers that read another's K/V need neither.
void gemma4_attention(TensorList& t, std::uint32_t i) {
    const Want own = t.draft().has_kv(i) ? Want::required : Want::optional;
    t.need(attn_norm, {t.width()});
    if (!t.may(attn_qkv, {t.width(), t.q_size(i) + t.k_size(i) + t.v_size(i)})) {
        t.need(attn_q, {t.width(), t.q_size(i)});
        t.want(own, attn_k, {t.width(), t.k_size(i)});
        t.may(attn_v, {t.width(), t.v_size(i)});
    }
    t.need(attn_output, {t.q_size(i), t.width()});
    t.need(attn_q_norm, {t.head_k(i)});
    t.want(own, attn_k_norm, {t.head_k(i)});
    t.need(post_attention_norm, {t.width()});
}

void gemma4_experts(TensorList& t) {
    if (!t.may(ffn_gate_inp, {t.width(), t.experts()})) return;
    t.need(ffn_gate_inp, {t.width()}, Suffix::scale);
    for (const Stem norm : {pre_ffw_norm_2, post_ffw_norm_1, post_ffw_norm_2}) t.need(norm, {t.width()});
    gate_up_experts(t, t.width(), t.expert_width(), t.experts());
    t.need(ffn_down_exps, {t.expert_width(), t.width(), t.experts()});
}

void refuse_uneven_heads(TensorList& t) {
    if (t.head_k() != t.head_v() || t.draft().head_k_sliding != t.draft().head_v_sliding)
        t.refuse("heads of keys and heads of values differ in size");
}

}  // namespace

void gemma3n_tensors(TensorList& t) {
    constexpr std::uint32_t kCopies = 4, kPerLayer = 256;
    token_embedding(t);
    output_or_tied(t);
    t.need(altup_proj, {t.width(), t.width(), kCopies - 1});
    t.need(altup_unembd_proj, {t.width(), t.width(), kCopies - 1});
    per_layer_embeddings(t, kPerLayer);
    t.need(output_norm, {t.width()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, qkv_sizes(t, 0));
        qk_norms(t, t.head_k());
        t.need(post_attention_norm, {t.width()});
        feed_forward(t, t.feed_forward());
        per_layer_input(t, kPerLayer);
        altup_and_laurel(t);
    }
}

void gemma4_tensors(TensorList& t) {
    refuse_uneven_heads(t);
    const Dim per_layer = t.key(Key::embedding_length_per_layer_input);
    token_embedding(t);
    output_or_tied(t);
    if (per_layer) per_layer_embeddings(t, per_layer);
    t.need(output_norm, {t.width()});
    bool factors_asked = false;
    for (const std::uint32_t i : t.each_layer()) {
        gemma4_attention(t, i);
        t.may(layer_output_scale, {1});
        full_layer_factors(t, i, factors_asked);
        feed_forward(t, t.feed_forward(i));
        gemma4_experts(t);
        if (per_layer) per_layer_input(t, per_layer);
    }
}

// All its layers are next-token-prediction layers, on the K/V of its target, whose width is
// embedding_length_out.
void gemma4_assistant_tensors(TensorList& t) {
    refuse_uneven_heads(t);
    const Dim target = t.key("embedding_length_out") ? t.key("embedding_length_out") : t.width();
    if (target == t.width()) t.refuse("embedding_length_out does not say the width of the target");
    token_embedding(t);
    t.need(output_norm, {t.width()});
    t.unused(masked_embd_centroids, {});
    t.unused(masked_embd_ordering, {}, Suffix::none);
    t.need(nextn_post_projection, {t.width(), target});
    if (t.prediction_layers() > 0) t.need(nextn_pre_projection, {2 * target, t.width()});
    bool factors_asked = false;
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.prediction_layers())) {
        t.need(attn_norm, {t.width()});
        t.need(attn_q, {t.width(), t.q_size(i)});
        t.need(attn_output, {t.q_size(i), t.width()});
        t.need(attn_q_norm, {t.head_k(i)});
        t.need(post_attention_norm, {t.width()});
        t.need(layer_output_scale, {1});
        full_layer_factors(t, i, factors_asked);
        feed_forward(t, t.feed_forward(i));
    }
}

// Small embeddings per layer from the stream alone: there is no table of them.
void gemma_embedding2_tensors(TensorList& t) {
    const Dim width = t.width(), per_layer = t.key(Key::embedding_length_per_layer_input);
    if (t.draft().head_k != t.draft().head_v || t.draft().head_k_sliding != t.draft().head_v_sliding)
        t.refuse("keys and values must have heads alike");
    token_embedding(t);
    t.need(per_layer_model_proj, {width, per_layer * t.layers()});
    t.need(per_layer_proj_norm, {per_layer});
    t.need(output_norm, {width});
    t.need(output, {width, t.output_width()});
    for (const std::uint32_t i : t.each_layer()) {
        const Dim head = t.head_k(i), queries = head * t.heads(i);
        t.need(attn_norm, {width});
        t.need(attn_q, {width, queries});
        t.need(attn_k, {width, t.k_size(i)});
        t.need(attn_v, {width, t.v_size(i)});
        attention_output(t, queries);
        qk_norms(t, head);
        t.need(post_attention_norm, {width});
        t.need(ffn_norm, {width});
        t.need(ffn_gate, {width, t.feed_forward()});
        t.need(ffn_up, {width, t.feed_forward()});
        t.need(ffn_down, {t.feed_forward(), width});
        t.need(post_ffw_norm, {width});
        t.need(inp_gate, {width, per_layer});
        t.need(proj, {per_layer, width});
        t.need(post_norm, {width});
        t.need(layer_output_scale, {1});
    }
}

}  // namespace attnx::model
