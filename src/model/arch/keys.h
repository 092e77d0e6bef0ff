// The keys that architecture rows read, by name: "{arch}.SUFFIX" (llama-arch.cpp, LLM_KV_NAMES).
// What every architecture reads (block_count, head counts, key_length, rope.*) is read by read_common.cpp
// instead.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace attnx::model {

struct Draft;

enum class Key : std::uint8_t {
    // norms and scales
    rms_epsilon,
    norm_epsilon,
    group_norm_epsilon,
    group_norm_groups,
    logit_scale,
    residual_scale,
    embedding_scale,
    attention_scale,
    output_scale,
    value_scale,
    clamp_kqv,
    max_alibi_bias,
    attn_logit_softcapping,
    final_logit_softcapping,
    router_logit_softcapping,
    temperature_scale,
    temperature_length,
    use_parallel_residual,
    swin_norm,
    hidden_activation,
    // experts
    expert_feed_forward_length,
    expert_shared_feed_forward_length,
    expert_chunk_feed_forward_length,
    expert_shared_count,
    expert_gating_func,
    expert_weights_scale,
    expert_weights_norm,
    expert_group_scale,
    experts_per_group,
    leading_dense_block_count,
    interleave_moe_layer_step,
    moe_every_n_layers,
    moe_latent_size,
    swiglu_clamp_exp,
    swiglu_clamp_shexp,
    expert_count,
    expert_used_count,
    // latent attention
    q_lora_rank,
    kv_lora_rank,
    key_length_mla,
    value_length_mla,
    // sparse attention and DeepSeek-V4
    indexer_head_count,
    indexer_key_length,
    indexer_top_k,
    indexer_block_size,
    indexer_local_blocks,
    indexer_types,
    output_group_count,
    output_lora_rank,
    compress_rope_freq_base,
    compress_ratios,
    hyper_connection_count,
    hyper_connection_sinkhorn_iterations,
    hyper_connection_epsilon,
    hash_layer_count,
    // recurrent
    ssm_conv_kernel,
    ssm_inner_size,
    ssm_state_size,
    ssm_time_step_rank,
    ssm_group_count,
    ssm_dt_b_c_rms,
    wkv_head_size,
    token_shift_count,
    time_mix_extra_dim,
    time_decay_extra_dim,
    rescale_every_n_layers,
    decay_lora_rank,
    iclr_lora_rank,
    value_residual_mix_lora_rank,
    gate_lora_rank,
    kda_head_dim,
    shortconv_l_cache,
    recurrent_layers,
    full_attention_interval,
    // layers
    nextn_predict_layers,
    num_loops,
    skip_loop_final_norm,
    shared_kv_layers,
    decoder_block_count,
    decoder_start_token_id,
    relative_buckets_count,
    deepstack_mapping,
    n_deepstack_layers,
    embedding_length_per_layer_input,
    // windows
    sliding_window,
    sliding_window_pattern,
    rope_freq_base_swa,
    // rope
    rope_dimension_sections,
    rope_scaling_finetuned,
    yarn_log_multiplier,
    yarn_ext_factor,
    yarn_attn_factor,
    yarn_beta_fast,
    yarn_beta_slow,
    // drafters, embedders, others
    target_layers,
    target_hidden_size,
    norm_before_residual,
    norm_before_fc,
    dense_2_feat_in,
    dense_2_feat_out,
    dense_3_feat_in,
    dense_3_feat_out,
    xielu_alpha_n,
    xielu_alpha_p,
    xielu_beta,
    xielu_eps,
    // build b12032's architectures
    kda_safe_gate,
    kda_gate_lower_bound,
    kv_lora_rank_swa,
    key_length_mla_swa,
    value_length_mla_swa,
    rope_pattern,
    kv_source_map,
    kv_source_layers,
    indexer_source_layers,
    indexer_kpool,
    indexer_kpool_select_tail,
    attn_res_block_size,
    expert_latent_length,
    situ_beta,
    situ_linear_beta,
    adapter_count,
    adapter_lora_rank,
    adapter_router_gain,
    adapter_token_ids_activate,
    adapter_token_ids_substitute,
    hrm_layers_per_stack,
    hrm_h_cycles,
    hrm_l_cycles,
    hrm_prefix_lm,
    hyper_connection_magnitude,
    hyper_connection_low_rank,
    decision_block_count,
    decision_head_count,
    decision_routing_block_count,
    post_norm_epsilon,
    rope_freq_base_spatial,
    value_expert_count,
    value_expert_used_count,
    xsa_epsilon,
    mudd_tap_count,
};
inline constexpr std::size_t kKeyCount = static_cast<std::size_t>(Key::mudd_tap_count) + 1;

class KeySet {
public:
    constexpr KeySet() = default;
    constexpr KeySet(std::initializer_list<Key> keys) {
        for (const Key key : keys) words_[index(key)] |= bit(key);
    }
    constexpr bool contains(Key key) const { return (words_[index(key)] & bit(key)) != 0; }
    constexpr friend KeySet operator|(KeySet a, const KeySet& b) {
        for (std::size_t i = 0; i < a.words_.size(); ++i) a.words_[i] |= b.words_[i];
        return a;
    }

private:
    static constexpr std::size_t index(Key key) { return static_cast<std::size_t>(key) / 64; }
    static constexpr std::uint64_t bit(Key key) { return std::uint64_t{1} << (static_cast<std::size_t>(key) % 64); }

    std::array<std::uint64_t, (kKeyCount + 63) / 64> words_{};
};

enum class KeyType : std::uint8_t {
    u32,
    f32,
    boolean,
    string,
    f32_layers,  // one per layer, or one for all
    u32_layers,
    special,  // read by the code that needs it
};

struct KeyRow {
    Key key;
    std::string_view suffix;  // '@' before a whole key
    KeyType type = KeyType::f32;
    std::uint32_t Draft::*number = nullptr;  // where a u32 goes, when anything here needs it
    bool attention = false;  // says something about attention or its memory: worth a finding when ignored
    std::vector<std::uint32_t> Draft::*numbers = nullptr;  // where u32_layers go
};

std::span<const KeyRow> key_table();

// Sets that recur in rows.
namespace keys {
using enum Key;
inline constexpr KeySet rms = {rms_epsilon};
inline constexpr KeySet norm = {norm_epsilon};
inline constexpr KeySet expert_scoring = {expert_gating_func, expert_weights_scale, expert_weights_norm};
inline constexpr KeySet mamba = {ssm_conv_kernel, ssm_inner_size, ssm_state_size, ssm_time_step_rank};
inline constexpr KeySet mamba2 = mamba | KeySet{ssm_group_count};
inline constexpr KeySet indexer = {indexer_head_count, indexer_key_length, indexer_top_k};
}  // namespace keys

}  // namespace attnx::model
