// The hyper-parameters while they are being read, as llama.cpp holds them (llama-hparams.h). A row's refine()
// may change them; layers.cpp and the mixers turn them into the specification.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attnx/model/spec.h"

namespace attnx::model {

struct Draft {
    std::uint32_t block_count = 0;  // blocks of weights
    std::uint32_t layer_count_all = 0;
    std::uint32_t nextn_layers = 0;  // at the end, never more than layer_count_all
    std::uint32_t embedding = 0;
    std::uint32_t context = 0;
    bool causal = true;      // as the model is run
    bool causal_key = true;  // as attention.causal says, by default true
    bool rotates = true;     // false: no layer does, although the model has a rope type

    // One per layer.
    std::vector<std::uint32_t> head_count, head_count_kv, feed_forward;
    std::vector<std::uint32_t> expert_used, expert_feed_forward;  // empty when the file does not have them
    std::vector<bool> sliding, recurrent, indexer_full;
    std::vector<std::uint32_t> compress_ratios;

    // Elements of a head; *_sliding in layers with a window.
    std::uint32_t head_k = 0, head_v = 0, rope_dimensions = 0;
    std::uint32_t head_k_sliding = 0, head_v_sliding = 0, rope_dimensions_sliding = 0;

    WindowSpec window;
    RopeSpec rope;
    std::optional<float> attention_softcap, final_softcap;
    std::optional<float> attention_scale;  // of scores; nothing: by the row's rule

    // Scalars bound to keys (keys.cpp); 0 when the architecture does not read them or the file does not have
    // them.
    std::uint32_t head_k_mla = 0, head_v_mla = 0, query_rank = 0, key_value_rank = 0;
    std::uint32_t expert_count = 0, expert_groups = 0, expert_groups_used = 0;
    std::uint32_t shared_feed_forward = 0, shared_experts = 0;
    std::uint32_t leading_dense = 0, expert_layer_step = 0, expert_every = 0;
    std::uint32_t indexer_key_length = 0;
    std::uint32_t ssm_conv = 0, ssm_inner = 0, ssm_state = 0, ssm_groups = 0;
    std::uint32_t wkv_head = 0, token_shift = 2, kda_head = 0, short_conv_cache = 0;
    std::uint32_t hyper_connections = 0, shared_kv_layers = 0;

    // Layers from here on keep no K/V of their own and use the last full or sliding layer before it.
    std::optional<std::uint32_t> own_kv_layers;

    std::uint32_t trunk_layers() const { return layer_count_all - nextn_layers; }
    bool compressed_latent() const { return head_k_mla != 0 && head_v_mla != 0; }
    // 0 when the file does not say.
    std::uint32_t experts_used(std::uint32_t layer) const {
        return layer < expert_used.size() ? expert_used[layer] : 0;
    }
    std::uint32_t expert_width(std::uint32_t layer) const {
        return layer < expert_feed_forward.size() ? expert_feed_forward[layer] : 0;
    }
    std::uint32_t head_dim_k(std::uint32_t layer) const { return sliding[layer] ? head_k_sliding : head_k; }
    std::uint32_t head_dim_v(std::uint32_t layer) const { return sliding[layer] ? head_v_sliding : head_v; }
    bool has_kv(std::uint32_t layer) const { return !own_kv_layers || layer < *own_kv_layers; }
    std::uint64_t key_row(std::uint32_t layer) const { return std::uint64_t{head_dim_k(layer)} * head_count_kv[layer]; }
    std::uint64_t value_row(std::uint32_t layer) const {
        return std::uint64_t{head_dim_v(layer)} * head_count_kv[layer];
    }
};

}  // namespace attnx::model
