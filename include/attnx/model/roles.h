// model: what a tensor is, from its name: one table for all architectures (llama-arch.cpp, LLM_TENSOR_NAMES).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "attnx/model/stem.h"

namespace attnx::model {

enum class RoleGroup : std::uint8_t {
    embedding,
    output,
    attention,
    indexer,
    recurrent,
    feed_forward,
    norm,
    position,
    other
};
std::string_view to_string(RoleGroup);

// Which stack of blocks a tensor belongs to. `trunk` is "blk.N".
enum class Stack : std::uint8_t { none, trunk, encoder, decoder, posnet, convnext, vision, audio, lilicorr };
std::string_view to_string(Stack);

enum class Role : std::uint8_t {
    unknown,
    // whole model
    token_embedding,
    token_embedding_norm,
    token_types,
    position_embedding,
    output_norm,
    output,
    output_other,
    rope_factors,
    per_layer_embedding,
    classifier,
    dense_head,
    drafter,
    convolution,
    input_other,
    // attention
    q,
    k,
    v,
    o,
    qkv,
    gate,
    sinks,
    relative_bias,
    cross_q,
    cross_k,
    cross_v,
    cross_o,
    cross_relative_bias,
    q_norm,
    k_norm,
    q_a,
    q_b,
    q_a_norm,
    kv_a,
    kv_a_norm,
    kv_b,
    k_b,
    v_b,
    shared_kv,
    o_a,
    o_b,
    compressor,
    attention_scale,
    indexer,
    // recurrent
    ssm,
    time_mix,
    channel_mix,
    short_conv,
    // norms
    attention_norm,
    attention_norm_2,
    cross_attention_norm,
    attention_post_norm,
    attention_sub_norm,
    attention_out_norm,
    ffn_norm,
    ffn_post_norm,
    ffn_sub_norm,
    layer_out_norm,
    layer_scale,
    other_norm,
    // feed-forward
    ffn_gate,
    ffn_up,
    ffn_down,
    ffn_router,
    ffn_gate_experts,
    ffn_up_experts,
    ffn_down_experts,
    ffn_gate_up_experts,
    ffn_gate_shared,
    ffn_up_shared,
    ffn_down_shared,
    ffn_shared_router,
    ffn_latent,
    ffn_other,
    // others of a block
    hyper_connection,
    altup,
    nextn,
    vision_expert,
    block_other,
};

struct TensorRole {
    Stem id = Stem::unknown;
    Role role = Role::unknown;
    RoleGroup group = RoleGroup::other;
    std::string_view label;  // "Q", "FFN gate"; empty when unknown
    Stack stack = Stack::none;
    std::optional<std::uint32_t> layer;   // in its stack
    std::optional<std::uint32_t> expert;  // of old files with one tensor per expert
    std::string_view stem;                // the name without stack, layer and suffix: "attn_q"
    std::string_view suffix;              // "weight", "bias", "scale" …; empty when there is none
    // "vision", "audio" or "projector": of an encoder that a file holds beside its language model (Ollama's do), or
    // alone. Empty: of the language model.
    std::string_view tower;

    bool is_weight() const { return suffix == "weight" || suffix.empty(); }
};

// Views `tensor_name`. Never fails; an unlisted name is Role::unknown with whatever layer it names.
TensorRole role_of(std::string_view tensor_name);

struct RoleRow {
    Stem id;
    std::string_view stem;
    Role role;
    RoleGroup group;
    std::string_view label;
};
std::span<const RoleRow> block_roles();   // stems within a block
std::span<const RoleRow> global_roles();  // names without a block

}  // namespace attnx::model
