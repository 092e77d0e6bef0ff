// DeepSeek-V4 (llama.cpp b12032, models/deepseek4.cpp): several residual streams, latents shared by all
// heads, compressed keys.
#include "deepseek4.h"

#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

void stream_head(TensorList& t) {
    const Dim streams = t.draft().hyper_connections;
    t.need(output_hc_fn, {streams * t.width(), streams});
    t.need(output_hc_base, {streams});
    t.need(output_hc_scale, {1});
}

void shared_latent_attention(TensorList& t, Want want) {
    const Dim width = t.width(), rank = t.draft().query_rank, head = t.head_k(), queries = t.heads() * head;
    const Dim groups = t.key(Key::output_group_count), output_rank = t.key(Key::output_lora_rank);
    t.want(want, attn_norm, {width});
    t.want(want, attn_sinks, {t.heads()});
    t.want(want, attn_q_a, {width, rank});
    t.want(want, attn_q_a_norm, {rank});
    t.want(want, attn_q_b, {rank, queries});
    t.want(want, attn_kv, {width, head});
    t.want(want, attn_kv_a_norm, {head});
    t.of_size(want, attn_output_a, {queries / groups, output_rank, groups});
    t.want(want, attn_output_b, {groups * output_rank, width});
}

void stream_mixers(TensorList& t, Want want) {
    const Dim streams = t.draft().hyper_connections, all = streams * t.width(), mixed = (streams + 2) * streams;
    t.want(want, hc_attn_fn, {all, mixed});
    t.want(want, hc_attn_base, {mixed});
    t.want(want, hc_attn_scale, {3});
    t.want(want, hc_ffn_fn, {all, mixed});
    t.want(want, hc_ffn_base, {mixed});
    t.want(want, hc_ffn_scale, {3});
}

void stream_experts(TensorList& t, Want want) {
    experts_apart(t, t.expert_width(), want);
    shared_expert(t, t.expert_width() * t.shared_experts(), want);
}

namespace {

// One row stands for `ratio` keys. Every fourth overlaps its neighbour, and an index chooses among them.
void compressor(TensorList& t, std::uint32_t ratio, Want want) {
    constexpr std::uint32_t kIndexed = 4, kPlain = 128;
    const Dim width = t.width(), head = t.head_k(), rows = ratio == kIndexed ? 2 * head : head;
    t.want(want, attn_compressor_kv, {width, rows});
    t.want(want, attn_compressor_gate, {width, rows});
    t.want(want, attn_compressor_ape, {rows, ratio});
    t.want(want, attn_compressor_norm, {head});
    if (ratio != kIndexed) {
        if (ratio != kPlain) t.refuse("attention.compress_ratios may be 0, 4 and 128");
        return;
    }
    const Dim heads = t.key(Key::indexer_head_count), index = t.key(Key::indexer_key_length);
    t.want(want, indexer_proj, {width, heads});
    t.want(want, indexer_attn_q_b, {t.draft().query_rank, heads * index});
    t.want(want, indexer_compressor_kv, {width, 2 * index});
    t.want(want, indexer_compressor_gate, {width, 2 * index});
    t.want(want, indexer_compressor_ape, {2 * index, ratio});
    t.want(want, indexer_compressor_norm, {index});
}

}  // namespace

// The first layers choose experts by the token alone.
void deepseek4_tensors(TensorList& t) {
    // A count of prediction layers is void unless the first of them is there.
    const bool predicts = t.info({Stack::trunk, t.layers()}, nextn_eh_proj) != nullptr;
    const std::uint32_t layers = predicts ? t.layers() : t.layers_all();
    const NextnWants wants = predicts ? nextn_wants(t) : NextnWants{Want::required, Want::required};
    const Dim width = t.width();
    const Dim by_token = t.key(Key::hash_layer_count);
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    stream_head(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const Want want = i < layers ? wants.trunk : wants.prediction;
        shared_latent_attention(t, want);
        stream_mixers(t, want);
        if (const std::uint32_t ratio = t.draft().compress_ratios.at(i); ratio != 0) compressor(t, ratio, want);
        router(t, want);
        if (Dim(i) < by_token) t.want(want, ffn_gate_tid2eid, {t.experts_used(), t.vocabulary()});
        else router_bias(t, want);
        t.want(optionally(want), exp_probs_b_vl, {t.experts()}, Suffix::bias);
        t.want(want, ffn_norm, {width});
        stream_experts(t, want);
        if (i >= layers) nextn_projections(t, want);
    }
}

}  // namespace attnx::model
