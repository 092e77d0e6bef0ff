// Later kin of Llama, Granite, Qwen and Gemma (llama.cpp b12032, models/<name>.cpp).
#include <algorithm>

#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void heads_attention(TensorList& t) {
    qkv(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
    attention_output(t, t.q_size());
}

}  // namespace

// The shared expert's gate and up are one matrix.
void granite_swa_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        heads_attention(t);
        t.may(attn_output, {width}, Suffix::bias);
        t.need(attn_sinks, {t.heads()});
        t.need(ffn_norm, {width});
        rope_factors(t, i);
        if (!t.experts()) {
            gated_ffn(t, inner);
            gated_ffn_biases(t, inner);
            continue;
        }
        router(t);
        t.need(ffn_down_exps, {inner, width, t.experts()});
        gate_up_experts(t, width, inner, t.experts());
        if (!t.shared_width()) continue;
        t.need(ffn_up_shexp, {width, 2 * t.shared_width()});
        t.need(ffn_down_shexp, {t.shared_width(), width});
    }
}

// Every matrix has two thin ones per adapter; the first adapter is none.
void granite_switch_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward(), queries = t.q_size(), keys = t.k_size();
    const Dim adapters = t.key(Key::adapter_count) + 1, rank = t.key(Key::adapter_lora_rank);
    token_embedding(t);
    for (std::uint32_t i = 0; i < t.array_length("adapters.token_ids_substitute"); ++i)
        if (const auto token = t.element(Key::adapter_token_ids_substitute, i); token && *token >= t.vocabulary())
            t.refuse("an adapter's substitute token is not in the vocabulary");
    output_norm_and_output(t);
    const auto adapter = [&](Stem stem, Dim inputs, Dim outputs) {
        t.need(stem, {inputs, rank, adapters}, Suffix::lora_a);
        t.need(stem, {rank, outputs, adapters}, Suffix::lora_b);
    };
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(attn_qkv, {width, queries + 2 * keys});
        attention_output(t, queries);
        t.need(ffn_norm, {width});
        gated_ffn(t, inner);
        adapter(attn_q, width, queries);
        adapter(attn_k, width, keys);
        adapter(attn_v, width, keys);
        adapter(attn_output, queries, width);
        adapter(ffn_gate, width, inner);
        adapter(ffn_up, width, inner);
        adapter(ffn_down, inner, width);
    }
}

// Two stacks, each there once however often it runs. No norm has weights.
void hrm_text_tensors(TensorList& t) {
    token_embedding(t);
    output_or_tied(t);
    t.need(hrm_z_l_init, {t.width()}, Suffix::none);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.draft().block_count)) {
        qkv(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
        t.need(attn_gate, {t.width(), t.q_size()});
        attention_output(t, t.q_size());
        gated_ffn(t, t.feed_forward());
    }
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

// Never an output matrix of its own.
void pockettts_tensors(TensorList& t) {
    const Dim width = t.width();
    token_embedding(t);
    t.need_with_bias(output_norm, {width}, width);
    t.again(Want::required, token_embd, {width, t.vocabulary()});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need_with_bias(attn_norm, {width}, width);
        qkv(t, square_qkv_sizes(t), Want::optional);
        attention_output(t, width);
        t.need_with_bias(ffn_norm, {width}, width);
        plain_ffn(t, t.feed_forward());
    }
}

void sensenova_u1_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        qkv(t, grouped_sizes(t, t.q_size()));
        attention_output(t, t.q_size());
        kq_norms(t, t.head_k());
        t.need(ffn_norm, {t.width()});
        gated_ffn(t, t.feed_forward());
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
