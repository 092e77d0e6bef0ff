// The line of GPT-2 (llama.cpp b12032, models/gpt2.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

void gpt2_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward(), fused = width + 2 * t.v_size();
    token_embedding(t);
    t.need(position_embd, {width, t.context()});
    t.need_with_bias(output_norm, {width}, width);
    output_or_tied(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need_with_bias(attn_norm, {width}, width);
        t.need_with_bias(attn_qkv, {width, fused}, fused);
        t.need_with_bias(attn_output, {width, width}, width);
        t.need_with_bias(ffn_norm, {width}, width);
        t.need_with_bias(ffn_down, {inner, width}, width);
        t.need_with_bias(ffn_up, {width, inner}, inner);
    }
}

}  // namespace attnx::model
