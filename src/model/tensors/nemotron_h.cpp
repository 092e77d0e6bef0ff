// Nemotron-H: each block is one of state-space mixer, attention, or network (llama.cpp b12032,
// models/nemotron-h.cpp).
#include "lists.h"
#include "sections.h"
#include "state_space.h"

namespace attnx::model {

using enum Stem;

namespace {

// Experts may work on a narrower stream.
void experts(TensorList& t, Dim count, Dim inner, Want want, Want latent) {
    const Dim width = t.width(), shared = t.shared_width(), narrow = t.key(Key::moe_latent_size);
    const Dim stream = narrow ? narrow : width;
    t.want(want, ffn_gate_inp, {width, count});
    t.want(want, exp_probs_b, {count}, Suffix::bias);
    t.want(latent, ffn_latent_down, {width, stream});
    t.want(latent, ffn_latent_up, {stream, width});
    t.want(want, ffn_down_exps, {inner, stream, count});
    t.want(want, ffn_up_exps, {stream, inner, count});
    t.want(want, ffn_down_shexp, {shared, width});
    t.want(want, ffn_up_shexp, {width, shared});
}

void attention(TensorList& t, std::uint32_t i, Want want, Want bias) {
    const Dim outputs = t.head_k() * t.heads(i);
    qkv(t, {t.width(), outputs, t.k_size(i), t.v_size(i)}, want);
    t.want(want, attn_output, {outputs, t.width()});
    t.want(bias, attn_output, {t.width()}, Suffix::bias);
}

// A layer's router says how many of the experts it has; files that do not say how wide an expert is share out
// the layer's width.
void layer_experts(TensorList& t, std::uint32_t i, Want want) {
    const gguf::TensorInfo* router = t.info({Stack::trunk, i}, ffn_gate_inp);
    const Dim count = router != nullptr ? Dim(router->ne[1]) : t.experts();
    if (count < t.experts_used(i) || count > t.experts())
        t.refuse("a layer has fewer experts than it uses, or more than expert_count",
                 tensor_name({Stack::trunk, i}, ffn_gate_inp, Suffix::weight));
    experts(t, count, t.expert_width(i) ? t.expert_width(i) : t.feed_forward(i) / t.experts_used(i), want,
            Want::optional);
}

void network(TensorList& t, std::uint32_t i, Want want) {
    const Dim width = t.width(), inner = t.feed_forward(i);
    t.want(want, ffn_down, {inner, width});
    t.want(want, ffn_up, {width, inner});
    t.may(ffn_down, {width}, Suffix::bias);
    t.may(ffn_up, {inner}, Suffix::bias);
}

// One block of next-token prediction has attention and experts.
void prediction_block(TensorList& t, std::uint32_t i, Want want) {
    const Dim width = t.width();
    if (!t.expert_width(i) && !t.experts_used(i))
        t.refuse("the width of a prediction layer's experts cannot be told from keys");
    t.want(want, nextn_enorm, {width});
    t.want(want, nextn_hnorm, {width});
    t.want(want, nextn_eh_proj, {2 * width, width});
    t.want(want, nextn_shared_head_norm, {width});
    t.want(want, attn_norm, {width});
    attention(t, i, want, optionally(want));
    t.want(want, post_attention_norm, {width});
    const Dim inner = t.expert_width(i) ? t.expert_width(i) : t.feed_forward() / t.experts_used(i);
    experts(t, t.experts(), inner, want, optionally(want));
    for (const Suffix suffix : {Suffix::scale, Suffix::input_scale}) {
        t.want(optionally(want), ffn_down_exps, {t.experts()}, suffix);
        t.want(optionally(want), ffn_up_exps, {t.experts()}, suffix);
    }
    for (const Stem stem : {ffn_down_shexp, ffn_up_shexp})
        for (const Suffix suffix : {Suffix::scale, Suffix::input_scale}) t.want(optionally(want), stem, {1}, suffix);
}

}  // namespace

void nemotron_h_tensors(TensorList& t) {
    const NextnWants wants = nextn_wants(t);
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.want(wants.trunk, attn_norm, {t.width()});
        if (t.recurrent(i)) mamba2_mixer(t, {.all = wants.trunk, .norm = wants.trunk});
        else if (!t.feed_forward(i)) attention(t, i, wants.trunk, Want::optional);
        else if (t.experts()) layer_experts(t, i, wants.trunk);
        else network(t, i, wants.trunk);
    }
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, t.layers(), t.layers_all()))
        prediction_block(t, i, wants.prediction);
}

}  // namespace attnx::model
