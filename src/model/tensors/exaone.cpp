// EXAONE (llama.cpp b12032, models/exaone.cpp, exaone4.cpp, exaone-moe.cpp). Next-token-prediction blocks have
// to be whole.
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

void post_norm_and_head_norms(TensorList& t, Stem norm, Want want) {
    t.want(want, norm, {t.width()});
    qk_norms(t, t.head_k(), want);
}

// The mixture asks for the factors once more in every prediction block, and counts them each time.
void factors_of_prediction(TensorList& t, std::uint32_t i) {
    t.whole_model();
    t.again(Want::optional_unused, rope_freqs, {t.rotated() / 2});
    t.block(Stack::trunk, i);
}

}  // namespace

void exaone_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        normed_attention(t, qkv_sizes(t, 0));
        t.need(ffn_norm, {t.width()});
        rope_freq_factors(t, i);
        gated_ffn(t, t.feed_forward());
    }
}

void exaone4_tensors(TensorList& t) {
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? Want::required_unused : Want::required;
        qkv(t, qkv_sizes(t, 0), want);
        t.want(want, attn_output, {t.width(), t.width()});
        if (!predicts) rope_freq_factors(t, i);
        post_norm_and_head_norms(t, post_attention_norm, want);
        gated_ffn(t, t.feed_forward(), want);
        t.want(want, post_ffw_norm, {t.width()});
        if (!predicts) continue;
        t.want(want, nextn_eh_proj, {2 * t.width(), t.width()});
        t.want(want, nextn_enorm, {t.width()});
        t.want(want, nextn_hnorm, {t.width()});
        t.unused(nextn_shared_head_norm, {t.width()});
    }
}

void exaone_moe_tensors(TensorList& t) {
    const Dim kv = t.head_k() * t.kv_heads();
    token_embedding(t);
    t.need(output_norm, {t.width()});
    own_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers();
        const Want want = predicts ? Want::required_unused : Want::required;
        qkv(t, {t.width(), t.q_size(), kv, kv}, want);
        t.want(want, attn_output, {t.q_size(), t.width()});
        predicts ? factors_of_prediction(t, i) : rope_freq_factors(t, i);
        post_norm_and_head_norms(t, attn_norm, want);
        t.want(want, ffn_norm, {t.width()});
        if (predicts || i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward(), want);
        } else {
            router(t);
            router_bias(t, Want::optional);
            experts_apart(t, t.expert_width());
            shared_expert(t, t.shared_width() ? t.shared_width() : t.expert_width());
        }
        if (predicts) nextn_projections(t, want);
    }
}

}  // namespace attnx::model
