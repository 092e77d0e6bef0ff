// Attention and state-space or convolution layers in one model (llama.cpp b12032, models/jamba.cpp,
// falcon-h1.cpp, plamo2.cpp, nemotron-h.cpp, lfm2.cpp, lfm2moe.cpp, lfm3.cpp, minimax-01.cpp).
#include <algorithm>

#include "decision_head.h"
#include "lists.h"
#include "sections.h"
#include "state_space.h"

namespace attnx::model {

using enum Stem;

void jamba_tensors(TensorList& t) {
    refuse_other_expansion(t);
    token_embedding(t);
    output_norm_and_output(t);
    const Dim width = t.width(), inner = t.feed_forward();
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        if (t.kv_heads(i)) {
            qkv(t, {width, width, t.v_size(i), t.v_size(i)});
            t.need(attn_output, {width, width});
        } else {
            mamba_mixer(t, true);
        }
        t.need(ffn_norm, {width});
        if (t.may(ffn_gate_inp, {width, t.experts()})) experts_apart(t, inner);
        else gated_ffn(t, inner);
    }
}

// Every layer has a state-space mixer and attention.
void falcon_h1_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    const bool own = t.may(output, {width, t.vocabulary()});
    t.need(output_norm, {width});
    if (!own) t.again(Want::required, token_embd, {width, t.vocabulary()});
    for (const std::uint32_t i : t.each_layer()) {
        mamba2_mixer(t, {.norm = Want::optional});
        qkv(t, qkv_sizes(t, 0));
        attention_output(t, t.q_size(), true);
        t.need(attn_norm, {width});
        t.need(ffn_norm, {width}, Suffix::none);
        rope_freq_factors(t, i);
        gated_ffn(t, inner);
        gated_ffn_biases(t, inner);
    }
}

namespace {

void plamo2_mixer(TensorList& t) {
    constexpr std::uint64_t kLeastRank = 64;
    const Draft& draft = t.draft();
    const Dim width = t.width(), inner = draft.ssm_inner, state = draft.ssm_state,
              heads = t.key(Key::ssm_time_step_rank);
    const Dim rank = std::max<std::uint64_t>(kLeastRank, draft.embedding / 16);
    t.need(ssm_in, {width, 2 * inner});
    t.need(ssm_conv1d, {draft.ssm_conv, inner});
    t.need(ssm_x, {inner, rank + 2 * state});
    t.need_with_bias(ssm_dt, {rank, heads}, heads);
    t.need(ssm_a, {heads}, Suffix::none);
    t.need(ssm_d, {heads}, Suffix::none);
    t.need(ssm_out, {inner, width});
    t.need(ssm_dt_norm, {rank}, Suffix::none);
    t.need(ssm_b_norm, {state}, Suffix::none);
    t.need(ssm_c_norm, {state}, Suffix::none);
}

}  // namespace

void plamo2_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward(), key = t.head_k(), value = t.head_v();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        const Dim heads = t.heads(i), kv_heads = t.kv_heads(i);
        t.need(attn_norm, {width});
        if (t.recurrent(i)) {
            plamo2_mixer(t);
        } else {
            t.need(attn_qkv, {width, heads * key + kv_heads * (key + value)});
            t.need(attn_q_norm, {key, heads});
            t.need(attn_k_norm, {key, kv_heads});
            t.need(attn_output, {heads * value, width});
        }
        t.need(post_attention_norm, {width}, Suffix::none);
        t.need(ffn_norm, {width});
        t.need(ffn_down, {inner, width});
        t.need(ffn_up, {width, 2 * inner});
        t.need(post_ffw_norm, {width}, Suffix::none);
    }
}

namespace {

void lfm2_network(TensorList& t, bool experts) {
    t.need(ffn_norm, {t.width()});
    if (!experts) return gated_ffn(t, t.feed_forward());
    router_and_experts(t, t.expert_width());
    router_bias(t);
}

void lfm2_mixer(TensorList& t, std::uint32_t i) {
    const Dim width = t.width();
    t.need(attn_norm, {width});
    if (t.recurrent(i)) {
        t.need(shortconv_conv, {t.draft().short_conv_cache, width});
        t.need(shortconv_in_proj, {width, 3 * width});
        t.need(shortconv_out_proj, {width, width});
        return;
    }
    t.need(attn_q_norm, {t.head_k()});
    t.need(attn_k_norm, {t.head_k()});
    qkv(t, {width, width, t.k_size(i), t.v_size(i)});
    t.need(attn_output, {width, width});
}

void lfm2_decision(TensorList& t, std::uint32_t first) {
    const Dim width = t.width();
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, first, t.layers())) decision_block(t, t.feed_forward(i));
    decision_types(t);
    t.need_with_bias(cls_norm, {width}, width);
    t.need_with_bias(cls, {width, width}, width);
    t.need_with_bias(cls_output, {width, 1}, 1);
}

// The output norm is stored as the embedding's. The last blocks may be those of a decision head, only without
// a causal mask.
void lfm2_blocks(TensorList& t, std::uint32_t decision, std::uint32_t first_with_experts) {
    const Dim width = t.width();
    const std::uint32_t end = t.layers() - decision;
    token_embedding(t);
    t.need(token_embd_norm, {width});
    if (decision > 0) lfm2_decision(t, end);
    else output_or_tied(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, end)) {
        lfm2_network(t, i >= first_with_experts);
        lfm2_mixer(t, i);
    }
    // ColBERT's projection.
    constexpr std::uint32_t kQuestionTypes = 3;
    const Dim given = t.key("embedding_length_out");
    const Dim outputs = decision > 0 ? Dim(kQuestionTypes) : given ? given : width;
    t.may(dense_2, {width, outputs});
    t.may(dense_2, {outputs}, Suffix::bias);
}

}  // namespace

void lfm2_tensors(TensorList& t) {
    const std::uint32_t decision = decision_blocks(t);
    if (decision > 0 && t.draft().causal)
        t.refuse("the decision head is of a model with a causal mask", "attention.causal");
    lfm2_blocks(t, decision, t.layers());
}

void lfm2moe_tensors(TensorList& t) { lfm2_blocks(t, 0, t.leading_dense()); }

// Lightning attention has a norm over all heads and a gate.
void minimax_01_tensors(TensorList& t) {
    const Dim width = t.width(), queries = t.q_size(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        if (!t.recurrent(i)) {
            qkv(t, {width, queries, t.k_size(), t.v_size()});
        } else {
            t.need(attn_norm_2, {queries});
            t.need(attn_qkv, {width, 3 * queries});
            t.need(attn_gate, {width, queries});
        }
        attention_output(t, queries);
        t.need(ffn_norm, {width});
        router(t);
        t.may(ffn_gate_exps, {width, inner, t.experts()});
        t.need(ffn_down_exps, {inner, width, t.experts()});
        t.need(ffn_up_exps, {width, inner, t.experts()});
    }
}

// Both post-norms or neither. Factors of the rope stand once, for the layers that do not slide.
void lfm3_tensors(TensorList& t) {
    const Dim width = t.width();
    bool asked = false;
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(ffn_norm, {width});
        const bool after_attention = t.may(post_attention_norm, {width}), after_ffn = t.may(post_ffw_norm, {width});
        if (after_attention != after_ffn) t.refuse("a block has one post-norm of two");
        gated_ffn(t, t.feed_forward());
        if (t.recurrent(i)) {
            t.need(shortconv_conv, {t.draft().short_conv_cache, width});
            t.need(shortconv_in_proj, {width, 3 * width});
            t.need(shortconv_out_proj, {width, width});
            continue;
        }
        if (t.k_size(i) != t.v_size(i)) t.refuse("keys and values of a layer are of different sizes");
        qk_norms(t, t.head_k());
        qkv(t, {width, t.q_size(), t.k_size(i), t.v_size(i)});
        attention_output(t, t.q_size());
        t.need(attn_gate, {width, t.heads()});
        if (t.sliding(i)) continue;
        const Dim pairs = t.head_k() / 2;
        t.whole_model();
        asked ? t.again(Want::required, rope_freqs, {pairs}) : t.need(rope_freqs, {pairs});
        t.block(Stack::trunk, i);
        asked = true;
    }
}

}  // namespace attnx::model
