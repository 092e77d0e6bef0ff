// Granite 4 hybrids: Mamba-2 in layers without K/V heads (llama.cpp b12032, models/granite-hybrid.cpp). Granite
// and Granite MoE (models/granite.cpp, granite-moe.cpp) have Llama's tensors.
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

}  // namespace attnx::model
