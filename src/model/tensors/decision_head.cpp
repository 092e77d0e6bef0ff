#include "decision_head.h"

namespace attnx::model {

using enum Stem;

std::uint32_t decision_blocks(TensorList& t) {
    const Dim count = t.key("decision.block_count");
    if (count < Dim(t.layers())) return static_cast<std::uint32_t>(count.value());
    if (count) t.refuse("the decision head has as many blocks as the model", "decision.block_count");
    return 0;
}

void decision_block(TensorList& t, Dim inner) {
    const Dim width = t.width();
    t.need_with_bias(attn_norm, {width}, width);
    t.need_with_bias(attn_qkv, {width, 3 * width}, 3 * width);
    t.need_with_bias(attn_output, {width, width}, width);
    t.need_with_bias(ffn_norm, {width}, width);
    t.need_with_bias(ffn_up, {width, inner}, inner);
    t.need_with_bias(ffn_down, {inner, width}, width);
}

void decision_types(TensorList& t) {
    constexpr std::uint64_t kQuestionTypes = 3;
    if (t.token_types() != Dim(kQuestionTypes))
        t.refuse("key tokenizer.ggml.token_type_count is not 3, as many as types of questions",
                 "tokenizer.ggml.token_type_count");
    t.need(token_types, {t.width(), t.token_types()});
}

}  // namespace attnx::model
