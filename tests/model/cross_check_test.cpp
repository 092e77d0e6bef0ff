// Keys against shapes. That sound models give no finding is shown by arch_cases_test.cpp, for every
// architecture.
#include <gtest/gtest.h>

#include "tiny.h"

namespace attnx::model {
namespace {

using test::cross_check_of;
using test::message_of;
using test::Tiny;

using Shape = std::vector<std::uint64_t>;

// A layer of 4 heads on 2 KV heads of 32, width 128, with one tensor's shape replaced.
Findings with(const std::string& name, const Shape& shape) {
    auto builder = Tiny{"llama", {"block_count"}}.builder();
    builder.key("llama.block_count", 1U);
    const std::pair<std::string, Shape> sound[] = {
        {"token_embd.weight", {128, 64}},         {"blk.0.attn_q.weight", {128, 128}},
        {"blk.0.attn_k.weight", {128, 64}},       {"blk.0.attn_v.weight", {128, 64}},
        {"blk.0.attn_output.weight", {128, 128}}, {"blk.0.attn_q.bias", {128}},
        {"blk.0.attn_sinks.weight", {4}},
    };
    for (const auto& [tensor, dimensions] : sound) builder.tensor(tensor, "f32", tensor == name ? shape : dimensions);
    return cross_check_of(builder);
}

TEST(CrossCheck, is_silent_on_a_sound_model) { EXPECT_TRUE(with("", {}).empty()); }

TEST(CrossCheck, reports_each_shape_that_contradicts_the_keys) {
    EXPECT_EQ(message_of(with("blk.0.attn_k.weight", {128, 128}), FindingId::shape_disagrees),
              "tensor blk.0.attn_k.weight has shape [128, 128], the keys say 64 outputs for 2 KV heads of 32");
    const std::pair<std::string, Shape> off[] = {
        {"token_embd.weight", {96, 64}},    {"blk.0.attn_q.weight", {128, 96}},      {"blk.0.attn_q.weight", {96, 128}},
        {"blk.0.attn_v.weight", {128, 96}}, {"blk.0.attn_output.weight", {96, 128}}, {"blk.0.attn_q.bias", {96}},
        {"blk.0.attn_sinks.weight", {5}},
    };
    for (const auto& [name, shape] : off) EXPECT_EQ(with(name, shape).size(), 1U) << name;
}

TEST(CrossCheck, counts_layers_alike_instead_of_repeating_itself) {
    auto builder = Tiny{"llama"}.builder();
    for (const char* name : {"blk.0.attn_q.weight", "blk.1.attn_q.weight"}) builder.tensor(name, "f32", {128, 96});
    const Findings findings = cross_check_of(builder);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_TRUE(findings[0].message.ends_with("; 1 more like it")) << findings[0].message;
}

TEST(CrossCheck, checks_a_fused_projection) {
    auto builder = Tiny{"llama", {"block_count"}}.builder();
    builder.key("llama.block_count", 1U);
    auto wrong = builder;
    EXPECT_TRUE(cross_check_of(builder.tensor("blk.0.attn_qkv.weight", "f32", {128, 256})).empty());
    EXPECT_EQ(cross_check_of(wrong.tensor("blk.0.attn_qkv.weight", "f32", {128, 384})).size(), 1U);
}

TEST(CrossCheck, checks_the_compressed_row_of_latent_attention) {
    auto builder = Tiny{"deepseek2", {"block_count", "attention.head_count_kv"}}.builder();
    builder.key("deepseek2.block_count", 1U)
        .key("deepseek2.attention.head_count_kv", 1U)
        .key("deepseek2.attention.key_length", 80U)
        .key("deepseek2.attention.value_length", 64U)
        .key("deepseek2.attention.key_length_mla", 48U)
        .key("deepseek2.attention.value_length_mla", 32U)
        .key("deepseek2.attention.kv_lora_rank", 64U)
        .key("deepseek2.rope.dimension_count", 16U);
    auto wrong = builder;
    EXPECT_TRUE(cross_check_of(builder.tensor("blk.0.attn_kv_a_mqa.weight", "f32", {128, 80})).empty());
    EXPECT_EQ(cross_check_of(wrong.tensor("blk.0.attn_kv_a_mqa.weight", "f32", {128, 72})).size(), 1U);
}

TEST(CrossCheck, reports_blocks_that_do_not_match_the_count) {
    auto missing = Tiny{"llama"}.builder();
    missing.tensor("blk.1.attn_norm.weight", "f32", {128});
    EXPECT_EQ(message_of(cross_check_of(missing), FindingId::layer_count_disagrees), "block 0 of 2 has no tensors");
    auto extra = Tiny{"llama"}.builder();
    extra.tensor("blk.7.attn_norm.weight", "f32", {128});
    EXPECT_EQ(message_of(cross_check_of(extra), FindingId::layer_count_disagrees),
              "tensors name block 7, but block_count is 2");
}

TEST(CrossCheck, forgives_prediction_layers_that_were_left_out) {
    auto builder = Tiny{"glm4"}.builder();
    builder.key("glm4.nextn_predict_layers", 1U).tensor("blk.0.attn_norm.weight", "f32", {128});
    EXPECT_TRUE(cross_check_of(builder).empty());
}

TEST(CrossCheck, survives_head_counts_whose_product_overflows) {
    auto builder = Tiny{"llama", {"attention.head_count", "attention.head_count_kv"}}.builder();
    for (const char* key : {"head_count", "head_count_kv", "key_length", "value_length"})
        builder.key(std::string("llama.attention.") + key, 0xFFFFFFFFU);
    builder.tensor("blk.0.attn_qkv.weight", "f32", {128, 256});
    EXPECT_TRUE(message_of(cross_check_of(builder), FindingId::shape_disagrees));
}

}  // namespace
}  // namespace attnx::model
