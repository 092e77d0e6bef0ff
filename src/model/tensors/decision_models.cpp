// Models that end in a head which decides among options (llama.cpp b12032, models/clef.cpp, vllm-decision2.cpp).
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void biased(TensorList& t, Stem stem, Shape shape, Dim bias) { t.need_with_bias(stem, shape, bias); }
void decision_norm(TensorList& t, Stem stem, Dim size) { t.need_with_bias(stem, {size}, size); }

void square_attention(TensorList& t, std::initializer_list<Stem> stems, Dim size) {
    for (const Stem stem : stems) biased(t, stem, {size, size}, size);
}

// Routing blocks attend to the options, joint ones to each other and to the options.
void decision_stack(TensorList& t, Dim size, Dim inner) {
    const auto routing = static_cast<std::uint32_t>(t.key(Key::decision_routing_block_count).value());
    const auto joint = static_cast<std::uint32_t>(t.key(Key::decision_block_count).value());
    for (const std::uint32_t i : t.each_layer_of(Stack::decoder, 0, routing + joint)) {
        if (i < routing) {
            decision_norm(t, cross_attn_norm_kv, size);
        } else {
            decision_norm(t, attn_norm, size);
            square_attention(t, {attn_q, attn_k, attn_v, attn_o}, size);
        }
        decision_norm(t, cross_attn_norm, size);
        square_attention(t, {cross_attn_q, cross_attn_k, cross_attn_v, cross_attn_o}, size);
        decision_norm(t, ffn_norm, size);
        biased(t, ffn_up, {size, inner}, inner);
        biased(t, ffn_down, {inner, size}, size);
    }
}

}  // namespace

void clef_tensors(TensorList& t) {
    constexpr std::uint32_t kTypes = 3;
    qwen35_tensors(t);
    const gguf::TensorInfo* const memory = t.info({}, decision_proj_memory);
    const gguf::TensorInfo* const up = t.info({Stack::decoder, 0}, ffn_up);
    if (memory == nullptr || up == nullptr)
        return t.refuse("the decision head is missing",
                        memory == nullptr ? "decision.proj_memory.weight" : "dec.blk.0.ffn_up.weight");
    const Dim width = t.width(), size = memory->ne[1];
    const Dim heads = t.key(Key::decision_head_count);
    if (heads && size.value() % heads.value() != 0)
        t.refuse("the decision head's width is not a multiple of its heads");
    decision_stack(t, size, up->ne[1]);
    decision_norm(t, decision_hidden_norm, width);
    for (const Stem stem : {decision_option_summary_norm, decision_field_norm, decision_option_norm})
        decision_norm(t, stem, size);
    for (const Stem stem : {decision_proj_memory, decision_proj_question, decision_proj_option_question,
                            decision_proj_global, decision_proj_option_context, decision_proj_option_lexical})
        t.need(stem, {width, size});
    t.need(decision_scales, {3}, Suffix::none);
    t.need(token_types, {size, kTypes});
    biased(t, decision_scorer, {4 * size, size}, size);
    biased(t, decision_scorer_out, {size, 1}, 1);
}

void vllm_decision2_tensors(TensorList& t) {
    qwen3_tensors(t);
    const gguf::TensorInfo* const keys = t.info({}, decision_key);
    if (keys == nullptr) return t.refuse("the decision head is missing", "decision.key.weight");
    const Dim width = t.width(), size = keys->ne[1];
    decision_norm(t, decision_option_norm, width);
    decision_norm(t, decision_query_norm, width);
    t.need(decision_key, {width, size});
    t.need(decision_query, {width, size});
    biased(t, decision_option_mlp, {width, size}, size);
    t.need(decision_query_mlp, {width, size});
    t.need(decision_scorer_out, {size, 1});
}

}  // namespace attnx::model
