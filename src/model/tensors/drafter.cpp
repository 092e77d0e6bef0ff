// Drafters (llama.cpp b12032, models/eagle3.cpp, dflash.cpp). They may lack an embedding and an output
// matrix: the target's serve.
#include "deepseek4.h"
#include "drafter_heads.h"
#include "latent.h"
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

// A drafter may know fewer tokens than its target; d2t says which.
Dim draft_vocabulary(TensorList& t) {
    const gguf::TensorInfo* info = t.info({}, d2t, Suffix::none);
    if (info == nullptr) return t.vocabulary();
    t.need(d2t, {info->ne[0]}, Suffix::none);
    return info->ne[0];
}

void stage_network(TensorList& t) {
    t.need(ffn_norm, {t.width()});
    gated_ffn(t, t.feed_forward());
}

}  // namespace

// Attention sees the embedding and the target's state side by side.
void eagle3_tensors(TensorList& t) {
    const Dim width = t.width(), tapped = Dim(t.array_length("target_layers")) * t.key(Key::target_hidden_size);
    const Dim tokens = draft_vocabulary(t);
    t.need(fc, {tapped, width});
    if (t.flag("norm_before_fc")) t.need(enc_output_norm, {tapped});
    t.need(output_norm, {width});
    t.may(output, {width, tokens});
    if (const gguf::TensorInfo* own = t.info({}, token_embd)) t.need(token_embd, {width, own->ne[1]});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(attn_norm_2, {width});
        t.need(attn_q, {2 * width, t.q_size()});
        t.need(attn_k, {2 * width, t.k_size()});
        t.need(attn_v, {2 * width, t.v_size()});
        t.need(attn_output, {t.q_size(), width});
        stage_network(t);
        t.whole_model();
        t.may(rope_freqs, {t.rotated() / 2});  // asked for, and counted, in every layer
        t.block(Stack::trunk, i);
    }
}

namespace {

// Blocks of Mistral Large 4: latent attention, dense networks, embeddings of the masked positions.
void latent_stages(TensorList& t) {
    const LatentSizes sizes = latent_sizes(t);
    const Dim width = t.width();
    t.need(mask_embd, {width, t.key("block_size") - Dim(1)});
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(attn_q, {width, t.heads() * sizes.key});
        latent_down(t, sizes);
        t.need(attn_kv_a_norm, {sizes.rank});
        latent_up_apart(t, sizes);
        latent_output(t, sizes);
        stage_network(t);
    }
}

// Blocks of DeepSeek-V4 without compression; V4.1's leave the streams' head out.
void stream_stages(TensorList& t) {
    if (!t.flag("hyper_connection.single_pass")) stream_head(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        shared_latent_attention(t, Want::required);
        stream_mixers(t, Want::required);
        router(t);
        router_bias(t);
        t.need(ffn_norm, {t.width()});
        stream_experts(t, Want::required);
    }
}

struct Convolution {
    Dim kernel, group;
    explicit operator bool() const { return kernel && group; }
};

void convolutions(TensorList& t, const Convolution& convolution) {
    const Dim width = t.width(), weights = 2 * convolution.kernel * (width / convolution.group);
    t.need(attn_conv_base, {width, convolution.kernel, 2}, Suffix::none);
    t.need(attn_conv_proj, {width, weights});
    t.need(ffn_conv_base, {width, convolution.kernel, 2}, Suffix::none);
    t.need(ffn_conv_proj, {width, weights});
}

void plain_stages(TensorList& t, const Convolution& convolution) {
    const Dim width = t.width();
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(attn_q, {width, t.q_size()});
        t.need(attn_k, {width, t.k_size()});
        t.may(attn_v, {width, t.v_size()});
        t.need(attn_output, {t.q_size(), width});
        t.need(attn_q_norm, {t.head_k()});
        t.need(attn_k_norm, {t.head_k()});
        t.may(post_attention_norm, {width});
        t.may(post_ffw_norm, {width});
        t.may(layer_output_scale, {1});
        t.whole_model();
        const Shape pairs = {t.head_k() / 2};
        if (i == 0) t.may(rope_freqs, pairs);
        else t.again(Want::optional, rope_freqs, pairs);
        t.block(Stack::trunk, i);
        t.may(attn_sinks, {t.heads()});
        stage_network(t);
        if (convolution) convolutions(t, convolution);
    }
}

}  // namespace

void dflash_tensors(TensorList& t) {
    const Dim width = t.width();
    const Convolution convolution{t.key("conv_kernel_size"), t.key("conv_group_size")};
    t.may(token_embd, {width, t.vocabulary()});
    const Dim tokens = draft_vocabulary(t);
    markov_head(t, tokens);
    if (convolution && width.value() % convolution.group.value() != 0)
        t.refuse("conv_group_size does not divide embedding_length", "conv_group_size");
    selector_head(t, bool(convolution));
    correction_head(t);
    t.need(fc, {Dim(t.array_length("target_layers")) * width, width});
    t.may(fc, {1}, Suffix::scale);
    t.may(fc, {1}, Suffix::input_scale);
    t.need(enc_output_norm, {width});
    t.need(output_norm, {width});
    t.may(output, {width, tokens});
    if (t.draft().key_value_rank > 0) return latent_stages(t);
    if (t.draft().hyper_connections > 0) return stream_stages(t);
    plain_stages(t, convolution);
}

}  // namespace attnx::model
