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
        dense_or_experts(t, t.feed_forward());
    }
}

}  // namespace attnx::model
