// Latent attention over keys that an indexer chooses, outside deepseek.cpp (llama.cpp b12032, models/dots3note.cpp,
// hy-v4.cpp, mistral-large4.cpp, deepseek41.cpp).
#include <algorithm>

#include "deepseek4.h"
#include "latent.h"
#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

Dim indexer_size(const TensorList& t) { return t.key(Key::indexer_key_length); }
Dim indexer_heads(const TensorList& t) { return t.key(Key::indexer_head_count); }

void indexer_norm(TensorList& t, Want want = Want::required) {
    t.want(want, indexer_k_norm, {indexer_size(t)});
    t.want(want, indexer_k_norm, {indexer_size(t)}, Suffix::bias);
}

// Router, experts apart and shared ones; `bias` where experts are chosen.
void routed_ffn(TensorList& t, Want bias, Want want = Want::required) {
    router(t, want);
    router_bias(t, bias);
    experts_apart(t, t.expert_width(), want);
    shared_expert(t, t.expert_width() * t.shared_experts(), want);
}

}  // namespace

// Layers that slide have a narrower latent, and so have those of next-token prediction, which are not loaded.
void dots3note_tensors(TensorList& t) {
    const Draft& draft = t.draft();
    const Dim width = t.width(), rank = draft.query_rank, rotated = draft.rope_dimensions;
    if (!draft.compressed_latent()) t.refuse("attention.key_length_mla or value_length_mla is 0");
    token_embedding(t);
    output_norm_and_output(t);
    for (const std::uint32_t i : t.each_layer_of(Stack::trunk, 0, t.layers_all())) {
        const bool predicts = i >= t.layers(), narrow = predicts || t.sliding(i);
        const Want want = predicts ? Want::optional_unused : Want::required;
        const Dim latent = narrow ? draft.key_value_rank_sliding : draft.key_value_rank;
        const Dim key = narrow ? draft.head_k_mla_sliding : draft.head_k_mla;
        const Dim value = narrow ? draft.head_v_mla_sliding : draft.head_v_mla;
        t.want(want, attn_norm, {width});
        t.want(want, attn_q_a_norm, {rank});
        t.want(want, attn_kv_a_norm, {latent});
        t.want(want, attn_k_norm, {rotated});
        t.want(want, attn_q_a, {width, rank});
        t.want(want, attn_q_b, {rank, t.heads(i) * key});
        t.want(want, attn_kv_a_mqa, {width, latent + rotated});
        t.want(want, attn_k_b, {key - rotated, latent, t.heads(i)});
        t.want(want, attn_v_b, {latent, value, t.heads(i)});
        t.want(want, attn_output, {t.heads(i) * value, width});
        t.want(want, attn_gate, {width, t.heads(i)});
        t.want(want, ffn_norm, {width});
        if (!predicts && draft.indexer_full.at(i)) {
            indexer_norm(t);
            t.need(indexer_proj, {width, indexer_heads(t)});
            t.need(indexer_attn_k, {width, indexer_size(t)});
            t.need(indexer_attn_q_b, {rank, indexer_heads(t) * indexer_size(t)});
        }
        if (predicts || i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward(), want);
        } else {
            refuse_without_experts(t);
            refuse_unused_experts(t);
            routed_ffn(t, want, want);
        }
        if (!predicts) continue;
        t.want(want, nextn_eh_proj, {2 * width, width});
        t.want(want, nextn_enorm, {width});
        t.want(want, nextn_hnorm, {width});
        t.want(want, nextn_embed_tokens, {width, t.vocabulary()});
        t.want(want, nextn_shared_head_norm, {width});
    }
}

// Several residual streams, mixed without a comb; sinks; a gate on all heads.
void hy_v4_tensors(TensorList& t) {
    const LatentSizes sizes = latent_sizes(t);
    const Dim width = t.width(), streams = t.draft().hyper_connections;
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    stream_head(t);
    for (const std::uint32_t i : t.each_layer()) {
        t.need(attn_norm, {width});
        t.need(attn_sinks, {t.heads()});
        t.need(attn_q_a, {width, sizes.query_rank});
        t.need(attn_q_a_norm, {sizes.query_rank});
        t.need(attn_q_b, {sizes.query_rank, t.heads() * sizes.key});
        latent_down(t, sizes);
        t.need(attn_kv_a_norm, {sizes.rank});
        latent_up_apart(t, sizes);
        latent_output(t, sizes);
        t.need(attn_gate, {width, t.heads() * sizes.value});
        if (t.draft().indexer_full.at(i)) {
            t.need(indexer_attn_q_b, {sizes.query_rank, indexer_heads(t) * indexer_size(t)});
            t.need(indexer_attn_k, {width, indexer_size(t)});
            indexer_norm(t);
            t.need(indexer_proj, {width, indexer_heads(t)});
        }
        t.need(hc_attn_fn, {streams * width, 2 * streams});
        t.need(hc_attn_base, {2 * streams});
        t.need(hc_attn_scale, {2});
        t.need(hc_ffn_fn, {streams * width, 2 * streams});
        t.need(hc_ffn_base, {2 * streams});
        t.need(hc_ffn_scale, {2});
        t.need(ffn_norm, {width});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        router(t);
        router_bias(t, Want::optional);
        refuse_without_experts(t);
        refuse_unused_experts(t);
        t.need(ffn_gate_exps, {width, t.expert_width(), t.experts()});
        t.need(ffn_up_exps, {width, t.expert_width(), t.experts()});
        t.need(ffn_down_exps, {t.expert_width(), width, t.experts()});
        shared_expert(t, t.expert_width() * t.shared_experts());
    }
}

// Layers without rope have no rotated part; those that read the rows of another have no latent of their own.
void mistral_large4_tensors(TensorList& t) {
    const Draft& draft = t.draft();
    const Dim width = t.width(), heads = t.heads(), rank = draft.key_value_rank, key = draft.head_k_mla;
    if (!draft.compressed_latent()) t.refuse("attention.key_length_mla or value_length_mla is 0");
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    for (const std::uint32_t i : t.each_layer()) {
        const bool rotates = draft.rotated.empty() || draft.rotated.at(i);
        const Dim rotated = rotates ? t.rotated() : Dim(0);
        t.whole_model();
        i == 0 ? t.need(rope_freqs, {t.rotated() / 2}) : t.again(Want::required, rope_freqs, {t.rotated() / 2});
        t.block(Stack::trunk, i);
        t.need(attn_norm, {width});
        t.need(attn_q, {width, heads * key});
        if (draft.has_kv(i)) {
            t.need(attn_kv_a_mqa, {width, rank + rotated});
            t.need(attn_kv_a_norm, {rank});
        }
        t.need(attn_k_b, {key - rotated, rank, heads});
        t.need(attn_v_b, {rank, Dim(draft.head_v_mla), heads});
        attention_output(t, heads * draft.head_v_mla);
        t.need_with_bias(attn_ssmax, {heads}, heads);
        if (draft.indexer_full.at(i)) {
            t.need_with_bias(indexer_q_norm, {width}, width);
            t.need(indexer_attn_q_b, {width, indexer_heads(t) * indexer_size(t)});
            t.need(indexer_attn_k, {width, indexer_size(t)});
            indexer_norm(t);
            t.need(indexer_proj, {width, indexer_heads(t)});
            t.need_with_bias(indexer_ssmax, {indexer_heads(t)}, indexer_heads(t));
        }
        t.need(ffn_norm, {width});
        if (i < t.leading_dense()) {
            gated_ffn(t, t.feed_forward());
            continue;
        }
        refuse_without_experts(t);
        refuse_unused_experts(t);
        router(t);
        experts_apart(t, t.expert_width());
        shared_expert(t, t.expert_width() * t.shared_experts());
    }
}

namespace {

bool lists(const TensorList& t, std::string_view suffix, std::uint32_t layer) {
    for (std::uint64_t i = 0; i < t.array_length(suffix); ++i)
        if (t.signed_element(suffix, i) == std::int64_t{layer}) return true;
    return false;
}

// The table of n-grams has at least the rows that its heads reach.
void ngram_table(TensorList& t, Dim head) {
    std::int64_t rows = 0;
    for (std::uint64_t i = 0; i < t.array_length("ple.head_offsets"); ++i)
        rows = std::max(rows, t.signed_element("ple.head_offsets", i).value_or(0) +
                                  t.signed_element("ple.head_vocab_sizes", i).value_or(0));
    Dim all = static_cast<std::uint64_t>(std::max<std::int64_t>(rows, 0));
    if (const gguf::TensorInfo* info = t.info({}, per_layer_token_embd)) {
        if (Dim(info->ne[1]) < all)
            t.refuse("per_layer_token_embd has too few rows for its heads", "per_layer_token_embd.weight");
        all = info->ne[1];
    }
    t.need(per_layer_token_embd, {head, all});
}

}  // namespace

void ngram_table_tensors(TensorList& t) { ngram_table(t, t.key(Key::embedding_length_per_layer_input)); }

// No head mixer; compressed rows and choices at their sources only.
void deepseek41_tensors(TensorList& t) {
    const Draft& draft = t.draft();
    const Dim width = t.width(), head = t.head_k(), streams = draft.hyper_connections;
    const Dim ngrams = t.key("ple.ngram_size"), head_width = t.key(Key::embedding_length_per_layer_input);
    const Dim columns = (ngrams ? ngrams - 1 : Dim(0)) * t.key("ple.heads_per_ngram") * head_width;
    token_embedding(t);
    t.need(output_norm, {width});
    own_output(t);
    if (t.array_length("ple.layers") > 0) ngram_table(t, head_width);
    for (const std::uint32_t i : t.each_layer()) {
        shared_latent_attention(t, Want::required);
        stream_mixers(t, Want::required);
        if (draft.owns_compressed.at(i)) {
            t.need(attn_compressor_kv, {width, head});
            t.need(attn_compressor_norm, {head});
            if (draft.compress_ratios.at(i) > 1) t.need(attn_compressor_gate, {width, head});
            t.need(indexer_attn_k, {head, indexer_size(t)});
            t.need(indexer_k_norm, {indexer_size(t)});
        }
        if (lists(t, "attention.indexer.source_layers", i)) {
            t.need(indexer_attn_q_b, {draft.query_rank, indexer_heads(t) * indexer_size(t)});
            t.need(indexer_proj, {width, indexer_heads(t)});
        }
        if (lists(t, "ple.layers", i)) {
            t.need(engram_kv, {columns, width * (streams + 1)});
            t.need(engram_gate, {width, streams});
        }
        router(t);
        router_bias(t);
        t.may(exp_probs_b_vl, {t.experts()}, Suffix::bias);
        t.need(ffn_norm, {width});
        stream_experts(t, Want::required);
    }
}

}  // namespace attnx::model
