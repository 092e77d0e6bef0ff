// Hybrids, recurrent models and latent attention: sizes that come from the tensors, and files of two kinds.
// Width 128.
#include <gtest/gtest.h>

#include "plan_cases.h"

namespace attnx::model {
namespace {

using test::append;
using test::GgufBuilder;
using test::kAll;
using test::one_block;
using test::refused_for;
using test::Shape;
using test::Tensors;
using test::whole_model;
using test::with;

GgufBuilder nemotron_h_keys() {
    auto builder = one_block("nemotron_h");
    builder.key("nemotron_h.attention.layer_norm_epsilon", 1e-5F);
    for (const char* const size : {"conv_kernel", "inner_size", "state_size", "time_step_rank", "group_count"})
        builder.key(std::string("nemotron_h.ssm.") + size, 4U);
    builder.key("nemotron_h.expert_count", 8U).key("nemotron_h.expert_used_count", 2U);
    builder.key("nemotron_h.expert_shared_feed_forward_length", 48U);
    return builder;
}

// One block of experts, `inner` numbers each.
Tensors nemotron_h(std::uint64_t experts, std::uint64_t inner) {
    Tensors all = whole_model();
    append(all, "blk.0.",
           {{"attn_norm.weight", {128}},
            {"ffn_gate_inp.weight", {128, experts}},
            {"exp_probs_b.bias", {experts}},
            {"ffn_down_exps.weight", {inner, 128, experts}},
            {"ffn_up_exps.weight", {128, inner, experts}},
            {"ffn_down_shexp.weight", {48, 128}},
            {"ffn_up_shexp.weight", {128, 48}}});
    return all;
}

TEST(HybridPlans, take_the_number_of_experts_from_a_layers_router) {
    for (const std::uint64_t experts : {2U, 6U, 8U})
        EXPECT_EQ(refused_for(with(nemotron_h_keys(), nemotron_h(experts, 128), kAll)), "");
    for (const std::uint64_t experts : {1U, 9U})
        EXPECT_EQ(refused_for(with(nemotron_h_keys(), nemotron_h(experts, 128), kAll)), "blk.0.ffn_gate_inp.weight");
}

TEST(HybridPlans, share_out_the_width_of_a_layer_among_experts_where_no_key_says_so) {
    auto builder = nemotron_h_keys();
    builder.key("nemotron_h.expert_feed_forward_length", 96U);
    EXPECT_EQ(refused_for(with(builder, nemotron_h(8, 128), kAll)), "blk.0.ffn_down_exps.weight");
    EXPECT_EQ(refused_for(with(builder, nemotron_h(8, 96), kAll)), "");
}

GgufBuilder arwkv7_keys() {
    auto builder = one_block("arwkv7");
    builder.key("arwkv7.wkv.head_size", 32U);
    for (const char* const rank : {"decay", "iclr", "value_residual_mix", "gate"})
        builder.key("arwkv7.attention." + std::string(rank) + "_lora_rank", 16U);
    return builder;
}

Tensors arwkv7(std::uint64_t lerps) {
    Tensors all = whole_model();
    append(all, "blk.0.", {{"attn_norm.weight", {128}}, {"time_mix_lerp_fused.weight", {128, 1, 1, lerps}}});
    for (const char* const mix : {"w", "a", "v"}) {
        const std::string name = std::string("time_mix_") + mix;
        append(all, "blk.0.",
               {{name + "0.weight", {128}}, {name + "1.weight", {128, 16}}, {name + "2.weight", {16, 128}}});
    }
    for (const char* const name : {"k_k", "k_a", "r_k"})
        append(all, "blk.0.time_mix_", {{std::string(name) + ".weight", {128}}});
    for (const char* const name : {"key", "value", "receptance", "output"})
        append(all, "blk.0.time_mix_", {{std::string(name) + ".weight", {128, 128}}});
    append(all, "blk.0.",
           {{"ffn_norm.weight", {128}},
            {"ffn_gate.weight", {128, 256}},
            {"ffn_down.weight", {256, 128}},
            {"ffn_up.weight", {128, 256}}});
    return all;
}

TEST(RecurrentPlans, do_without_the_gate_of_arwkv7) {
    EXPECT_EQ(refused_for(with(arwkv7_keys(), arwkv7(5), kAll)), "");
    EXPECT_EQ(refused_for(with(arwkv7_keys(), arwkv7(6), kAll)), "");
    EXPECT_EQ(refused_for(with(arwkv7_keys(), arwkv7(7), kAll)), "blk.0.time_mix_lerp_fused.weight");
}

GgufBuilder deepseek2_keys() {
    auto builder = one_block("deepseek2");
    builder.key("deepseek2.attention.q_lora_rank", 24U).key("deepseek2.attention.kv_lora_rank", 40U);
    builder.key("deepseek2.rope.dimension_count", 16U).key("deepseek2.leading_dense_block_count", 1U);
    builder.key("deepseek2.expert_feed_forward_length", 64U).key("deepseek2.expert_shared_count", 1U);
    return builder;
}

// Heads of 48 and 32 numbers once expanded.
Tensors deepseek2(const Tensors& up) {
    Tensors all = whole_model();
    append(all, "blk.0.",
           {{"attn_norm.weight", {128}},
            {"attn_q_a.weight", {128, 24}},
            {"attn_q_a_norm.weight", {24}},
            {"attn_q_b.weight", {24, 192}},
            {"attn_kv_a_mqa.weight", {128, 56}},
            {"attn_kv_a_norm.weight", {40}},
            {"attn_output.weight", {128, 128}},
            {"ffn_norm.weight", {128}},
            {"ffn_gate.weight", {128, 256}},
            {"ffn_down.weight", {256, 128}},
            {"ffn_up.weight", {128, 256}}});
    append(all, "blk.0.", up);
    return all;
}

TEST(LatentPlans, have_keys_and_values_apart_only_where_the_cache_is_compressed) {
    const Tensors apart = {{"attn_k_b.weight", {32, 40, 4}}, {"attn_v_b.weight", {40, 32, 4}}};
    const Tensors together = {{"attn_kv_b.weight", {40, 256}}};
    auto old = deepseek2_keys();
    old.key("deepseek2.attention.key_length", 48U).key("deepseek2.attention.value_length", 32U);
    EXPECT_EQ(refused_for(with(old, deepseek2(together), kAll)), "");
    EXPECT_EQ(refused_for(with(old, deepseek2(apart), kAll)), "blk.0.attn_kv_b.weight");
    auto compressed = deepseek2_keys();
    compressed.key("deepseek2.attention.key_length", 56U).key("deepseek2.attention.value_length", 40U);
    compressed.key("deepseek2.attention.key_length_mla", 48U).key("deepseek2.attention.value_length_mla", 32U);
    EXPECT_EQ(refused_for(with(compressed, deepseek2(apart), kAll)), "");
    EXPECT_EQ(refused_for(with(compressed, deepseek2(together), kAll)), "blk.0.attn_k_b.weight");
}

}  // namespace
}  // namespace attnx::model
