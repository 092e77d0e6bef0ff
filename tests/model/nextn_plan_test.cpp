// Blocks of next-token prediction: llama.cpp counts their tensors without loading them, and does without
// them, or without the trunk, where the file holds the other only.
#include <gtest/gtest.h>

#include "plan_cases.h"
#include "support/golden.h"
#include "support/golden_model.h"

namespace attnx::model {
namespace {

using test::append;
using test::GgufBuilder;
using test::kAll;
using test::refused_for;
using test::spec_of;
using test::Tensors;
using test::Tiny;
using test::whole_model;
using test::with;
using test::without;

constexpr auto kTrunk = [](const std::string& name) { return !name.starts_with("blk.1."); };
constexpr auto kPrediction = [](const std::string& name) { return !name.starts_with("blk.0."); };

const Tensors kProjections = {
    {"nextn.eh_proj.weight", {256, 128}}, {"nextn.enorm.weight", {128}}, {"nextn.hnorm.weight", {128}}};

// One block of trunk and one of prediction: width 128, 4 heads of 32, 2 of them with keys and values, 32
// tokens.
GgufBuilder nextn_keys(const std::string& architecture) {
    auto builder = Tiny{architecture}.builder();
    builder.key(architecture + ".nextn_predict_layers", 1U).key(architecture + ".vocab_size", 32U);
    return builder;
}

GgufBuilder qwen35_keys() {
    auto builder = nextn_keys("qwen35");
    builder.key("qwen35.rope.dimension_sections", std::vector<std::uint32_t>{8, 8, 8, 8})
        .key("qwen35.full_attention_interval", 1U);
    for (const char* const size : {"conv_kernel", "inner_size", "state_size", "time_step_rank", "group_count"})
        builder.key(std::string("qwen35.ssm.") + size, 4U);
    return builder;
}

// Queries come with a gate, twice as wide.
Tensors qwen35() {
    const Tensors block = {
        {"attn_norm.weight", {128}},     {"post_attention_norm.weight", {128}}, {"attn_q.weight", {128, 256}},
        {"attn_k.weight", {128, 64}},    {"attn_v.weight", {128, 64}},          {"attn_output.weight", {128, 128}},
        {"attn_q_norm.weight", {32}},    {"attn_k_norm.weight", {32}},          {"ffn_gate.weight", {128, 256}},
        {"ffn_down.weight", {256, 128}}, {"ffn_up.weight", {128, 256}}};
    Tensors all = whole_model();
    append(all, "blk.0.", block);
    append(all, "blk.1.", block);
    append(all, "blk.1.", kProjections);
    return all;
}

TEST(PredictionBlocks, are_counted_and_not_used) {
    const TensorPlan plan = spec_of(with(qwen35_keys(), qwen35(), kAll)).tensors;
    EXPECT_FALSE(plan.refusal) << plan.refusal->message;
    EXPECT_TRUE(plan.superfluous.empty());
    const PlannedTensor* trunk = plan.find({Stack::trunk, 0}, Stem::attn_q);
    const PlannedTensor* prediction = plan.find({Stack::trunk, 1}, Stem::attn_q);
    ASSERT_TRUE(trunk != nullptr && prediction != nullptr);
    EXPECT_TRUE(trunk->usable());
    EXPECT_EQ(prediction->state, TensorState::present);
    EXPECT_FALSE(prediction->usable());
}

TEST(PredictionBlocks, may_be_missing_in_a_file_of_the_trunk) {
    EXPECT_EQ(refused_for(with(qwen35_keys(), qwen35(), kTrunk)), "");
}

TEST(PredictionBlocks, may_stand_without_the_trunk) {
    EXPECT_EQ(refused_for(with(qwen35_keys(), qwen35(), kPrediction)), "");
    EXPECT_EQ(
        refused_for(with(qwen35_keys(), qwen35(),
                         [](const std::string& name) { return kPrediction(name) && name != "output_norm.weight"; })),
        "output_norm.weight")
        << "what belongs to the whole model may not";
}

TEST(PredictionBlocks, are_whole_where_they_are_there) {
    for (const char* const name :
         {"blk.1.attn_norm.weight", "blk.1.attn_output.weight", "blk.1.ffn_up.weight", "blk.1.nextn.hnorm.weight"})
        EXPECT_EQ(refused_for(with(qwen35_keys(), qwen35(), without(name))), name);
    EXPECT_EQ(refused_for(with(qwen35_keys(), qwen35(), without("blk.1.attn_k.weight"))), "")
        << "what is left out need not be complete";
    EXPECT_EQ(refused_for(with(qwen35_keys(), qwen35(), without("blk.0.attn_k.weight"))), "blk.0.attn_k.weight");
}

TEST(PredictionBlocks, are_held_to_their_shapes) {
    Tensors tensors = qwen35();
    for (auto& [name, shape] : tensors)
        if (name == "blk.1.attn_k.weight") shape = {128, 96};
    EXPECT_EQ(refused_for(with(qwen35_keys(), tensors, kAll)), "blk.1.attn_k.weight");
}

TEST(PredictionBlocks, may_have_embedding_and_output_of_their_own) {
    Tensors tensors = qwen35();
    append(tensors, "blk.1.", {{"nextn.embed_tokens.weight", {128, 32}}, {"nextn.shared_head_head.weight", {128, 32}}});
    EXPECT_EQ(refused_for(with(qwen35_keys(), tensors, kAll)), "");
    append(tensors, "blk.0.", {{"nextn.enorm.weight", {128}}});
    EXPECT_EQ(refused_for(with(qwen35_keys(), tensors, kAll)), "blk.0.nextn.enorm.weight") << "the trunk has none";
}

// A scale belongs to a matrix that llama.cpp loads; those of a prediction block it does not.
TEST(PredictionBlocks, have_no_scales) {
    Tensors tensors = qwen35();
    append(tensors, "blk.0.", {{"attn_q.scale", {1}}});
    EXPECT_EQ(refused_for(with(qwen35_keys(), tensors, kAll)), "");
    append(tensors, "blk.1.", {{"attn_q.scale", {1}}});
    EXPECT_EQ(refused_for(with(qwen35_keys(), tensors, kAll)), "blk.1.attn_q.scale");
}

// bailingmoe2.cpp asks for all of them, whatever the file holds.
TEST(PredictionBlocks, of_ling_2_may_not_be_missing) {
    auto builder = nextn_keys("bailingmoe2");
    builder.key("bailingmoe2.leading_dense_block_count", 2U).key("bailingmoe2.expert_feed_forward_length", 64U);
    builder.key("bailingmoe2.expert_shared_count", 1U).key("bailingmoe2.expert_gating_func", 2U);
    builder.key("bailingmoe2.expert_count", 4U).key("bailingmoe2.expert_used_count", 2U);
    const Tensors block = {
        {"attn_norm.weight", {128}},     {"attn_qkv.weight", {128, 256}}, {"attn_output.weight", {128, 128}},
        {"attn_q_norm.weight", {32}},    {"attn_k_norm.weight", {32}},    {"ffn_norm.weight", {128}},
        {"ffn_gate.weight", {128, 256}}, {"ffn_down.weight", {256, 128}}, {"ffn_up.weight", {128, 256}}};
    Tensors tensors = whole_model();
    append(tensors, "blk.0.", block);
    append(tensors, "blk.1.", block);
    append(tensors, "blk.1.", kProjections);
    append(tensors, "blk.1.", {{"layer_output_norm.weight", {128}}});
    EXPECT_EQ(refused_for(with(builder, tensors, kAll)), "");
    EXPECT_EQ(refused_for(with(builder, tensors, kTrunk)), "blk.1.attn_norm.weight");
}

TEST(PredictionBlocks, of_golden_models_are_as_planned) {
    std::size_t models = 0;
    for (const auto& path : test::golden_files("kv-realistic")) {
        if (!path.string().ends_with(".nextn.json")) continue;
        const TensorPlan plan = spec_of(test::golden_model(path, test::Weights::zero)).tensors;
        if (!plan.known) continue;
        ++models;
        EXPECT_FALSE(plan.refusal) << path << ": " << plan.refusal->message;
    }
    EXPECT_GE(models, 7U);
}

}  // namespace
}  // namespace attnx::model
