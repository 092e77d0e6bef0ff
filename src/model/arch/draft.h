// The hyper-parameters while they are being read, as llama.cpp holds them (llama-hparams.h). A row's refine()
// may change them; layers.cpp and the mixers turn them into the specification.
#pragma once

#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "attnx/model/spec.h"

namespace attnx::model {

struct Draft {
    std::uint32_t block_count = 0;  // blocks of weights
    std::uint32_t layer_count_all = 0;
    std::uint32_t nextn_layers = 0;  // at the end, never more than layer_count_all; a router counts as one
    std::uint32_t embedding = 0;
    std::uint32_t context = 0;
    bool causal = true;              // as the model is run
    bool causal_key = true;          // as attention.causal says, by default true
    bool window_looks_back = false;  // layers that slide look back only, whatever the others do
    bool rotates = true;             // false: no layer does, although the model has a rope type

    // One per layer.
    std::vector<std::uint32_t> head_count, head_count_kv, feed_forward;
    std::vector<std::uint32_t> expert_used, expert_feed_forward;  // empty when the file does not have them
    std::vector<bool> sliding, recurrent, indexer_full;
    std::vector<bool> dense;                     // attend to all keys although others have them chosen; empty: none
    std::vector<std::uint32_t> compress_ratios;  // empty: nothing is compressed
    std::vector<bool> owns_compressed;           // keeps compressed rows of its own

    // Elements of a head; *_sliding in layers with a window.
    std::uint32_t head_k = 0, head_v = 0, rope_dimensions = 0;
    std::uint32_t head_k_sliding = 0, head_v_sliding = 0, rope_dimensions_sliding = 0;

    WindowSpec window;
    RopeSpec rope;
    std::optional<float> attention_softcap, final_softcap;
    std::optional<float> attention_scale;     // of scores; nothing: by the row's rule
    std::optional<float> compress_rope_base;  // of layers with compressed rows

    // Scalars bound to keys (keys.cpp); 0 when the architecture does not read them or the file does not have
    // them.
    std::uint32_t head_k_mla = 0, head_v_mla = 0, query_rank = 0, key_value_rank = 0;
    std::uint32_t head_k_mla_sliding = 0, head_v_mla_sliding = 0, key_value_rank_sliding = 0;
    std::uint32_t expert_count = 0, expert_groups = 0, expert_groups_used = 0;
    std::uint32_t shared_feed_forward = 0, shared_experts = 0;
    std::uint32_t leading_dense = 0, expert_layer_step = 0, expert_every = 0;
    std::uint32_t indexer_key_length = 0;
    std::uint32_t ssm_conv = 0, ssm_inner = 0, ssm_state = 0, ssm_groups = 0;
    std::uint32_t wkv_head = 0, token_shift = 2, kda_head = 0, short_conv_cache = 0;
    std::uint32_t linear_head = 0;  // of linear attention (MiniMax-01)
    std::uint32_t hyper_connections = 0, shared_kv_layers = 0;

    // The layer whose K and V each reads: itself where it keeps its own.
    std::vector<std::uint32_t> kv_source;
    // Whether each layer rotates, where the file says so; empty: as the row does.
    std::vector<bool> rotated;
    bool no_memory = false;  // as this file is run, nothing is kept
    bool router = false;     // the last layer routes adapters, and predicts nothing
    bool rotates_index_keys = false;
    // Index keys that a hybrid keeps in each cell (raw, gate, pooled); 0: it has no indexer.
    std::uint32_t index_rows = 0;
    std::vector<bool> ngram;          // layers with an n-gram module
    std::uint64_t ngram_history = 0;  // elements of its convolution's history

    // Per layer, until keys say otherwise: nothing slides or recurs, each keeps its own K and V.
    void begin_layers(std::uint32_t count) {
        layer_count_all = count;
        sliding.assign(count, false);
        recurrent.assign(count, false);
        indexer_full.assign(count, true);
        own_keys_and_values();
    }
    void own_keys_and_values() {
        kv_source.resize(layer_count_all);
        std::iota(kv_source.begin(), kv_source.end(), 0U);
    }
    std::uint32_t trunk_layers() const { return layer_count_all - nextn_layers; }
    bool compressed_latent() const { return head_k_mla != 0 && head_v_mla != 0; }
    // Attention's rows are of the indexer's width, so they are rotated as its rows are.
    bool always_rotated() const { return rotates_index_keys && head_k == indexer_key_length; }
    std::uint32_t compress_ratio(std::uint32_t layer) const {
        return layer < compress_ratios.size() ? compress_ratios[layer] : 0;
    }
    // 0 when the file does not say.
    std::uint32_t experts_used(std::uint32_t layer) const {
        return layer < expert_used.size() ? expert_used[layer] : 0;
    }
    std::uint32_t expert_width(std::uint32_t layer) const {
        return layer < expert_feed_forward.size() ? expert_feed_forward[layer] : 0;
    }
    std::uint32_t head_dim_k(std::uint32_t layer) const { return sliding[layer] ? head_k_sliding : head_k; }
    std::uint32_t head_dim_v(std::uint32_t layer) const { return sliding[layer] ? head_v_sliding : head_v; }
    bool has_kv(std::uint32_t layer) const { return kv_source[layer] == layer; }
    std::uint64_t key_row(std::uint32_t layer) const { return std::uint64_t{head_dim_k(layer)} * head_count_kv[layer]; }
    std::uint64_t value_row(std::uint32_t layer) const {
        return std::uint64_t{head_dim_v(layer)} * head_count_kv[layer];
    }
};

}  // namespace attnx::model
