// Mixtures of experts outside the larger families, each in its own file of llama.cpp b12032, models.
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void embedding_norm_and_own_output(TensorList& t) {
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
}

// Heads as wide as what is rotated of them (llama.cpp's n_rot).
QkvSizes rotated_sizes(const TensorList& t) {
    const Dim kv = t.kv_heads() * t.rotated();
    return {t.width(), t.heads() * t.rotated(), kv, kv};
}

}  // namespace

// arctic.cpp: the dense network, of the model's width, beside the experts.
void arctic_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, square_qkv_sizes(t));
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.width());
        router(t);
        t.need(ffn_norm_exps, {t.width()});
        experts_apart(t, t.feed_forward());
    }
}

// openai-moe.cpp: biases everywhere.
void gpt_oss_tensors(TensorList& t) {
    const Dim inner = t.expert_width();
    embedding_norm_and_own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        t.need(post_attention_norm, {t.width()});
        qkv(t, rotated_sizes(t));
        attention_output(t, t.heads() * t.rotated());
        t.need(attn_sinks, {t.heads()});
        router_and_experts(t, inner);
        t.need(attn_output, {t.width()}, Suffix::bias);
        t.need(ffn_gate_inp, {t.experts()}, Suffix::bias);
        t.need(ffn_gate_exps, {inner, t.experts()}, Suffix::bias);
        t.need(ffn_down_exps, {t.width(), t.experts()}, Suffix::bias);
        t.need(ffn_up_exps, {inner, t.experts()}, Suffix::bias);
    }
}

// dots1.cpp: keys and values in as many heads as queries.
void dots1_tensors(TensorList& t) {
    embedding_norm_and_own_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        normed_attention(t, {t.width(), t.q_size(), t.q_size(), t.q_size()});
        kq_norms(t, t.head_k());
        t.need(ffn_norm, {t.width()});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router(t);
        router_bias(t, Want::optional);
        experts_apart(t, t.expert_width());
        shared_expert(t, t.expert_width() * t.shared_experts());
    }
    if (t.leading_dense() < t.layers()) refuse_unused_experts(t);
}

// minimax-m2.cpp: queries and keys normalised over all heads; experts as wide as feed_forward_length says.
void minimax_m2_tensors(TensorList& t) {
    embedding_norm_and_own_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        qkv(t, grouped_sizes(t, t.q_size()));
        attention_output(t, t.q_size());
        t.need(attn_norm, {t.width()});
        t.need(attn_q_norm, {t.q_size()});
        t.need(attn_k_norm, {t.k_size()});
        t.need(ffn_norm, {t.width()});
        router_and_experts(t, t.feed_forward());
        router_bias(t);
    }
}

// minimax-m3.cpp: an indexer in every layer with experts.
void minimax_m3_tensors(TensorList& t) {
    const Dim index_head = t.key(Key::indexer_key_length);
    embedding_norm_and_own_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        qkv(t, grouped_sizes(t, t.q_size()));
        attention_output(t, t.q_size());
        t.need(attn_norm, {t.width()});
        qk_norms(t, t.head_k());
        t.need(ffn_norm, {t.width()});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router(t);
        router_bias(t);
        experts_apart(t, t.expert_width());
        shared_expert(t, t.expert_width() * t.shared_experts());
        t.need(indexer_q_proj, {t.width(), t.key(Key::indexer_head_count) * index_head});
        t.need(indexer_k_proj, {t.width(), index_head});
        t.need(indexer_q_norm, {index_head});
        t.need(indexer_k_norm, {index_head});
    }
}

// afmoe.cpp: the attention's output is gated.
void afmoe_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        t.need(post_attention_norm, {t.width()});
        qkv(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
        attention_output(t, t.q_size());
        qk_norms(t, t.head_k());
        t.need(attn_gate, {t.width(), t.q_size()});
        t.need(ffn_norm, {t.width()});
        t.need(post_ffw_norm, {t.width()});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router(t);
        router_bias(t);
        experts_apart(t, t.expert_width());
        if (t.shared_experts()) shared_expert(t, t.expert_width() * t.shared_experts());
    }
}

namespace {

// A gate for each head or for each of its numbers, as the file has it; llama.cpp aborts where it is neither.
Dim laguna_gate(TensorList& t, std::uint32_t i) {
    const Dim per_head = t.heads(i), per_number = t.head_k() * per_head;
    const gguf::TensorInfo* info = t.info({Stack::trunk, i}, attn_gate);
    return info != nullptr && Dim(info->ne[1]) == per_number ? per_number : per_head;
}

}  // namespace

// laguna.cpp: layers differ in how many heads they have.
void laguna_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        const Dim q = t.head_k() * t.heads(i);
        normed_attention(t, {t.width(), q, t.head_k() * t.kv_heads(i), t.head_v() * t.kv_heads(i)});
        qk_norms(t, t.head_k());
        t.need(attn_gate, {t.width(), laguna_gate(t, i)});
        t.need(ffn_norm, {t.width()});
        if (i < t.leading_dense()) {
            t.need(ffn_gate, {t.width(), t.feed_forward()});
            t.need(ffn_up, {t.width(), t.feed_forward()});
            t.need(ffn_down, {t.feed_forward(), t.width()});
            continue;
        }
        router(t);
        router_bias(t);
        t.need(ffn_gate_exps, {t.width(), t.expert_width(), t.experts()});
        t.need(ffn_up_exps, {t.width(), t.expert_width(), t.experts()});
        t.need(ffn_down_exps, {t.expert_width(), t.width(), t.experts()});
        shared_expert_up_first(t, t.shared_width());
    }
}

void smallthinker_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        normed_attention(t, grouped_sizes(t, t.q_size()));
        t.need(ffn_norm, {t.width()});
        router_and_experts(t, t.expert_width());
    }
    refuse_unused_experts(t);
}

// Values by a mixture of matrices, in layers that have experts.
void k2_horizon_tensors(TensorList& t) {
    const Dim width = t.width(), value_experts = t.key(Key::value_expert_count), values = t.head_v() * t.heads();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        const bool routed = t.experts() && i >= t.leading_dense();
        t.need(attn_norm, {width});
        t.need(attn_q, {width, t.q_size()});
        t.need(attn_k, {width, t.k_size()});
        t.of_size(Want::optional, attn_q_norm, {t.head_k(), t.heads()});
        t.of_size(Want::optional, attn_k_norm, {t.head_k(), t.kv_heads()});
        if (routed && value_experts) {
            t.need_may_bias(attn_v_gate, {width, value_experts}, value_experts);
            t.need(attn_v_exps, {width, t.v_size(), value_experts});
        } else {
            t.need(attn_v, {width, t.v_size()});
        }
        attention_output(t, values);
        t.may(attn_gate, {width, values});
        t.need(ffn_norm, {width});
        if (!routed) {
            t.need(ffn_up, {width, t.feed_forward()});
            t.need(ffn_gate, {width, t.feed_forward()});
            t.need(ffn_down, {t.feed_forward(), width});
            continue;
        }
        const Dim inner = t.expert_width(i);
        if (!inner) t.refuse("expert_feed_forward_length is 0 for a layer with experts");
        router(t);
        router_bias(t, Want::optional);
        t.need(ffn_up_exps, {width, inner, t.experts()});
        t.need(ffn_gate_exps, {width, inner, t.experts()});
        t.need(ffn_down_exps, {inner, width, t.experts()});
        if (!t.shared_experts()) continue;
        const Dim shared = t.shared_width() ? t.shared_width() : inner * t.shared_experts();
        t.need(ffn_up_shexp, {width, shared});
        t.need(ffn_gate_shexp, {width, shared});
        t.need(ffn_down_shexp, {shared, width});
    }
}

}  // namespace attnx::model
