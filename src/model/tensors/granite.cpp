// Granite 4 hybrids: Mamba-2 in layers without K/V heads; Granite with windows, Granite with adapters (llama.cpp
// b12032, models/granite-hybrid.cpp, granite-swa.cpp, granite-switch.cpp). Granite and Granite MoE (models/granite.cpp,
// granite-moe.cpp) have Llama's tensors.
#include "lists.h"
#include "sections.h"
#include "state_space.h"

namespace attnx::model {

using enum Stem;

void granite_hybrid_tensors(TensorList& t) {
    refuse_other_expansion(t);
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        if (t.recurrent(i)) {
            mamba2_mixer(t);
        } else {
            const Dim q = t.head_k() * t.heads(i);
            qkv(t, {t.width(), q, t.k_size(i), t.v_size(i)});
            attention_output(t, q, true);
        }
        t.need(ffn_norm, {t.width()});
        rope_freq_factors(t, i);
        dense_or_experts(t, t.feed_forward());
    }
}

// The shared expert's gate and up are one matrix.
void granite_swa_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        qkv(t, {width, t.q_size(), t.k_size(), t.v_size()});
        attention_output(t, t.q_size());
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

}  // namespace attnx::model
