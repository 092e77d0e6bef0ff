// Llama, and those with exactly its tensors (llama.cpp b12032, models/llama.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

void llama_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {t.width()});
        qkv(t, {t.width(), t.q_size(), t.k_size(), t.v_size()});
        attention_output(t, t.q_size(), true);
        t.need(ffn_norm, {t.width()});
        rope_factors(t, i);
        const Dim inner = t.feed_forward();
        if (t.experts() == 0) {
            gated_ffn(t, inner);
            gated_ffn_biases(t, inner);
            continue;
        }
        t.need(ffn_gate_inp, {t.width(), t.experts()});
        t.may(ffn_gate_exps, {t.width(), inner, t.experts()});
        t.need(ffn_down_exps, {inner, t.width(), t.experts()});
        t.need(ffn_up_exps, {t.width(), inner, t.experts()});
        if (t.shared_width()) {
            t.need(ffn_gate_shexp, {t.width(), t.shared_width()});
            t.need(ffn_up_shexp, {t.width(), t.shared_width()});
            t.need(ffn_down_shexp, {t.shared_width(), t.width()});
        }
    }
}

}  // namespace attnx::model
