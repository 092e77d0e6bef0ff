// llama.cpp b12032, models/dflash.cpp, load_arch_tensors.
#include "drafter_heads.h"

namespace attnx::model {

using enum Stem;

void markov_head(TensorList& t, Dim tokens) {
    const gguf::TensorInfo* info = t.info({}, markov_w1);
    if (info == nullptr) return;
    const Dim width = t.width(), rank = info->ne[0];
    t.need(markov_w1, {rank, t.vocabulary()});
    t.need(markov_w2, {rank, tokens});
    t.may(markov_w2, {1}, Suffix::scale);
    t.may(conf_proj, {width + rank, 1});
    t.may(conf_proj, {1}, Suffix::bias);
    const bool joint = t.may(joint_proj, {width + 2 * rank, 3 * rank});
    t.want(joint ? Want::required : Want::optional, joint_proj, {3 * rank}, Suffix::bias);
}

void selector_head(TensorList& t, bool convolutional) {
    if (t.info({}, selector_hidden) == nullptr) return;
    const Dim width = t.width(), rank = t.key("selector_rank"), candidates = t.key("selector_top_k");
    if (!rank || !candidates || !t.key("block_size") || !convolutional)
        t.refuse(
            "selector_hidden.weight is there, but not all of selector_rank, selector_top_k, block_size, "
            "conv_kernel_size, conv_group_size",
            "selector_hidden.weight");
    if (width < candidates * (candidates + 1))
        t.refuse("embedding_length is too small for selector_top_k candidates", "selector_top_k");
    t.need(selector_predecessor, {rank, t.vocabulary()});
    t.need(selector_successor, {rank, t.vocabulary()});
    t.need(selector_hidden, {width, rank});
}

namespace {

struct Correction {
    Dim hidden, candidates, heads, factor, network, slots;
    std::uint32_t layers = 0;
};

void affine(TensorList& t, Stem stem, Dim inputs, Dim outputs) { t.need_with_bias(stem, {inputs, outputs}, outputs); }

void scaled(TensorList& t, Stem stem, Dim inputs, Dim outputs) {
    affine(t, stem, inputs, outputs);
    t.may(stem, {1}, Suffix::scale);
}

// What it makes of five numbers per candidate, in the block after its layers.
void features(TensorList& t, const Correction& c) {
    constexpr std::uint32_t kFeatures = 5;
    t.block(Stack::trunk, t.layers_all() + c.layers);
    t.need_with_bias(ffn_norm, {kFeatures}, kFeatures);
    affine(t, ffn_up, kFeatures, c.hidden);
    affine(t, ffn_down, c.hidden, c.hidden);
    t.whole_model();
}

void layer(TensorList& t, const Correction& c, std::uint32_t i) {
    t.block(Stack::trunk, t.layers_all() + i);
    t.need(attn_norm, {c.hidden});
    t.need(ffn_norm, {c.hidden});
    t.block(Stack::lilicorr, i);
    affine(t, lilicorr_attn_in_proj, c.hidden, 3 * c.hidden);
    t.block(Stack::trunk, t.layers_all() + i);
    scaled(t, attn_output, c.hidden, c.hidden);
    scaled(t, ffn_up, c.hidden, c.network);
    scaled(t, ffn_down, c.network, c.hidden);
    t.whole_model();
}

}  // namespace

void correction_head(TensorList& t) {
    const Dim layers = t.key("@lilicorr.num_layers"), width = t.width();
    if (!layers) return;
    Correction c{t.key("@lilicorr.hidden_size"), t.key("@lilicorr.candidate_topk"),  t.key("@lilicorr.num_heads"),
                 t.key("@lilicorr.factor_dim"),  t.key("@lilicorr.mlp_hidden_size"), t.key("block_size") - Dim(1)};
    if (!c.factor || !c.network || layers > Dim(t.layers_all()))
        return t.refuse("lilicorr.factor_dim, mlp_hidden_size or num_layers is not usable", "lilicorr.num_layers");
    c.layers = static_cast<std::uint32_t>(layers.value());
    if (c.hidden != width) scaled(t, lilicorr_token_proj, width, c.hidden);
    scaled(t, lilicorr_pass_hidden_proj, width, c.hidden);
    features(t, c);
    t.need(lilicorr_slot_embedding, {c.hidden, c.slots});
    t.need(lilicorr_rank_embedding, {c.hidden, c.candidates});
    t.need(lilicorr_attention_bias, {c.slots * c.candidates, c.slots * c.candidates, c.heads}, Suffix::bias);
    scaled(t, lilicorr_context_proj, width, c.hidden);
    for (std::uint32_t i = 0; i < c.layers; ++i) layer(t, c, i);
    t.need(lilicorr_output_norm, {c.hidden});
    t.need(lilicorr_anchor_norm, {c.hidden});
    affine(t, lilicorr_factor_input_proj, 3 * c.hidden, c.hidden);
    affine(t, lilicorr_out_head, c.hidden, c.factor);
    affine(t, lilicorr_in_head, c.hidden, c.factor);
    affine(t, lilicorr_anchor_out_head, c.hidden, c.factor);
}

}  // namespace attnx::model
