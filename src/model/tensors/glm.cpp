// GLM (llama.cpp b12032, models/chatglm.cpp, glm4.cpp, glm4-moe.cpp, glm-dsa.cpp).
#include "latent.h"
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void glm4moe_attention(TensorList& t, Want want) {
    normed_attention(t, qkv_sizes(t, 0), want);
    qk_norms(t, t.head_k(), optionally(want));
    t.want(want, post_attention_norm, {t.width()});
}

}  // namespace

// Gate and up are one matrix.
void chatglm_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        qkv(t, qkv_sizes(t, 0));
        attention_output(t, width);
        t.need(ffn_norm, {width});
        t.need(ffn_up, {width, 2 * inner});
        t.need(ffn_down, {inner, width});
    }
}

void glm4_tensors(TensorList& t) {
    const Dim width = t.width(), inner = t.feed_forward();
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const Want want = i < t.layers() ? Want::required : Want::required_unused;
        normed_attention(t, qkv_sizes(t, 0), want);
        t.want(want, post_attention_norm, {width});
        t.want(want, ffn_norm, {width});
        t.want(want, ffn_down, {inner, width});
        t.want(want, ffn_up, {width, 2 * inner});
        t.want(want, post_ffw_norm, {width});
        if (i >= t.layers()) nextn_projections(t, want);
    }
}

void glm4moe_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    const Dim inner = expert_width_or_portion(t);
    refuse_without_experts(t);
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? wants.prediction : wants.trunk;
        glm4moe_attention(t, want);
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward(), want);
        } else {
            router(t, want);
            router_bias(t, want);
            experts_apart(t, inner, want);
            if (t.shared_experts()) shared_expert(t, inner * t.shared_experts(), want);
        }
        if (predicts) nextn_projections(t, want);
    }
}

// DeepSeek-V3.2, but not every layer has an indexer of its own.
void glm_dsa_tensors(TensorList& t) { sparse_latent_tensors(t, Want::optional); }

}  // namespace attnx::model
