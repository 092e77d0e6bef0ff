// Tensors of mixtures of experts: sizes and choices that single faults of golden models do not reach.
#include <gtest/gtest.h>

#include "plan_cases.h"

namespace attnx::model {
namespace {

using test::append;
using test::four_experts;
using test::GgufBuilder;
using test::kAll;
using test::refused_for;
using test::Tensors;
using test::Tiny;
using test::whole_model;
using test::with;

// Two layers, width 128, 4 heads of 32, 2 of them with keys and values, 4 experts of 64.
GgufBuilder keys(const std::string& architecture, test::GgufValue used, test::GgufValue width) {
    auto builder = Tiny{architecture}.builder();
    builder.key(architecture + ".vocab_size", 32U).key(architecture + ".expert_count", 4U);
    builder.key(architecture + ".expert_used_count", std::move(used))
        .key(architecture + ".expert_feed_forward_length", std::move(width));
    return builder;
}

Tensors attention() {
    return {{"attn_norm.weight", {128}},  {"attn_q.weight", {128, 128}},      {"attn_k.weight", {128, 64}},
            {"attn_v.weight", {128, 64}}, {"attn_output.weight", {128, 128}}, {"attn_q_norm.weight", {32}},
            {"attn_k_norm.weight", {32}}, {"ffn_norm.weight", {128}}};
}

Tensors two_layers(const std::vector<Tensors>& groups) {
    Tensors all = whole_model();
    for (const char* const block : {"blk.0.", "blk.1."})
        for (const Tensors& group : groups) append(all, block, group);
    return all;
}

TEST(Experts, are_as_wide_as_the_first_layer_says_in_an_array) {
    const Tensors tensors = two_layers({attention(), four_experts()});
    EXPECT_EQ(refused_for(with(keys("qwen3moe", 2U, 64U), tensors, kAll)), "");
    EXPECT_EQ(refused_for(with(keys("qwen3moe", 2U, std::vector<std::uint32_t>{64, 32}), tensors, kAll)), "");
    EXPECT_EQ(refused_for(with(keys("qwen3moe", 2U, std::vector<std::uint32_t>{32, 64}), tensors, kAll)),
              "blk.0.ffn_gate_exps.weight");
}

TEST(Experts, are_a_share_of_the_dense_network_without_a_width_of_their_own) {
    const Tensors tensors = two_layers({attention(), four_experts()});
    EXPECT_EQ(refused_for(with(keys("qwen3moe", 4U, 0U), tensors, kAll)), "") << "256 among 4";
    EXPECT_EQ(refused_for(with(keys("qwen3moe", 2U, 0U), tensors, kAll)), "blk.0.ffn_gate_exps.weight")
        << "256 among 2";
}

TEST(Experts, have_to_be_used_in_the_first_layer) {
    const Tensors tensors = two_layers({attention(), four_experts()});
    const auto plan_with = [&](std::vector<std::uint32_t> used) {
        return test::spec_of(with(keys("qwen3moe", std::move(used), 64U), tensors, kAll)).tensors;
    };
    EXPECT_FALSE(plan_with({2, 0}).refusal);
    ASSERT_TRUE(plan_with({0, 2}).refusal);
    EXPECT_NE(plan_with({0, 2}).refusal->message.find("expert_used_count"), std::string::npos);
}

TEST(Experts, may_have_gate_and_up_in_one_matrix_where_llama_cpp_takes_it) {
    const Tensors fused = {{"ffn_gate_inp.weight", {128, 4}},
                           {"ffn_gate_up_exps.weight", {128, 128, 4}},
                           {"ffn_down_exps.weight", {64, 128, 4}}};
    EXPECT_EQ(refused_for(with(keys("hy_v3", 2U, 64U), two_layers({attention(), fused}), kAll)), "");
    EXPECT_EQ(refused_for(with(keys("qwen3moe", 2U, 64U), two_layers({attention(), fused}), kAll)),
              "blk.0.ffn_gate_exps.weight");
}

TEST(Experts, of_hunyuan_3_have_a_bias_for_choosing_without_a_suffix) {
    const Tensors tensors = two_layers({attention(), four_experts(), {{"exp_probs_b", {4}}}});
    EXPECT_EQ(refused_for(with(keys("hy_v3", 2U, 64U), tensors, kAll)), "");
    const Tensors named = two_layers({attention(), four_experts(), {{"exp_probs_b.bias", {4}}}});
    EXPECT_EQ(refused_for(with(keys("hy_v3", 2U, 64U), named, kAll)), "blk.0.exp_probs_b.bias");
}

// laguna.cpp: the file says whether each head has a gate, or each of its numbers.
TEST(Gate, of_laguna_is_for_heads_or_for_their_numbers) {
    auto builder = keys("laguna", 2U, 64U);
    builder.key("laguna.leading_dense_block_count", 2U);
    const Tensors dense = {
        {"ffn_gate.weight", {128, 256}}, {"ffn_down.weight", {256, 128}}, {"ffn_up.weight", {128, 256}}};
    for (const std::uint64_t width : {4U, 128U, 32U, 5U}) {
        const Tensors tensors = two_layers({attention(), dense, {{"attn_gate.weight", {128, width}}}});
        EXPECT_EQ(refused_for(with(builder, tensors, kAll)), width == 4 || width == 128 ? "" : "blk.0.attn_gate.weight")
            << width;
    }
}

}  // namespace
}  // namespace attnx::model
