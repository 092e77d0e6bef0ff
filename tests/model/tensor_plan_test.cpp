// Which tensors an architecture has: golden models have exactly those, and a file that differs is told where.
#include "attnx/model/tensor_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>

#include "plan_cases.h"
#include "support/golden.h"
#include "support/model_case.h"

namespace attnx::model {
namespace {

using test::append;
using test::GgufBuilder;
using test::kAll;
using test::message_of;
using test::spec_of;
using test::Tensors;
using test::Tiny;
using test::with;

// ---- Golden models, which llama.cpp loads

// ARCHITECTURE.json and ARCHITECTURE.VARIANT.json.
std::vector<std::filesystem::path> golden_models(std::string_view architecture) {
    std::vector<std::filesystem::path> models;
    for (const char* const kind : {"architectures", "variants", "kv-realistic"})
        for (const auto& json : test::golden_files(kind)) {
            const std::string name = json.filename().string();
            if (name.substr(0, name.find('.')) == architecture) models.push_back(json);
        }
    return models;
}

class PlanOf : public testing::TestWithParam<std::string> {};

TEST_P(PlanOf, golden_models_have_exactly_the_tensors_of_their_plan) {
    for (const auto& json : golden_models(GetParam())) {
        SCOPED_TRACE(json.string());
        if (!test::read_case(json).source.empty()) continue;  // not a whole model
        const test::CaseFile golden(json);
        const TensorPlan plan = build_spec(golden.file()).tensors;
        EXPECT_TRUE(plan.known);
        EXPECT_FALSE(plan.refusal) << plan.refusal->message;
        for (const Finding& finding : plan.findings) ADD_FAILURE() << finding.message;
        EXPECT_TRUE(plan.superfluous.empty());
        const auto present = std::ranges::count(plan.tensors, TensorState::present, &PlannedTensor::state);
        EXPECT_EQ(static_cast<std::size_t>(present), golden.file().tensors().size());
    }
}

std::vector<std::string> with_golden_models() {
    std::vector<std::string> names;
    for (const auto& path : test::golden_files("architectures")) names.push_back(path.stem().string());
    return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace_if(
        name, [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, PlanOf, testing::ValuesIn(with_golden_models()), test_name);

// ---- One file, one difference

// All that a Llama of two layers needs: width 128, 4 heads, 2 of them with keys and values of their own, 256 inside the
// network.
Tensors llama_tensors() {
    Tensors tensors = {{"token_embd.weight", {128, 10}}, {"output_norm.weight", {128}}};
    for (const std::string block : {"blk.0.", "blk.1."})
        append(tensors, block,
               {{"attn_norm.weight", {128}},
                {"attn_q.weight", {128, 128}},
                {"attn_k.weight", {128, 64}},
                {"attn_v.weight", {128, 64}},
                {"attn_output.weight", {128, 128}},
                {"ffn_norm.weight", {128}},
                {"ffn_gate.weight", {128, 256}},
                {"ffn_down.weight", {256, 128}},
                {"ffn_up.weight", {128, 256}}});
    return tensors;
}

void set(Tensors& tensors, const std::string& name, test::Shape shape) {
    const auto found = std::ranges::find(tensors, name, &Tensors::value_type::first);
    if (found == tensors.end()) tensors.emplace_back(name, std::move(shape));
    else found->second = std::move(shape);
}

void drop(Tensors& tensors, std::string_view name) {
    ASSERT_EQ(std::erase_if(tensors, [&](const auto& tensor) { return tensor.first == name; }), 1U) << name;
}

TensorPlan plan_of(const Tensors& tensors) {
    return spec_of(with(Tiny{}.builder().key("llama.vocab_size", 10U), tensors, kAll)).tensors;
}

std::string refused_for(const TensorPlan& plan) { return plan.refusal ? plan.refusal->name : "nothing"; }

TEST(TensorPlan, has_nothing_to_say_about_a_whole_model) {
    const TensorPlan plan = plan_of(llama_tensors());
    EXPECT_TRUE(plan.known);
    EXPECT_EQ(refused_for(plan), "nothing");
    EXPECT_TRUE(plan.findings.empty());
    const PlannedTensor* key = plan.find({Stack::trunk, 1}, Stem::attn_k);
    ASSERT_NE(key, nullptr);
    EXPECT_TRUE(key->usable() && key->required);
    EXPECT_EQ(shape_text(*key), "[128, 64]");
    const PlannedTensor* bias = plan.find({Stack::trunk, 1}, Stem::attn_k, Suffix::bias);
    ASSERT_NE(bias, nullptr);
    EXPECT_EQ(bias->state, TensorState::absent);
    EXPECT_FALSE(bias->required || bias->usable());
    EXPECT_EQ(plan.find({Stack::trunk, 2}, Stem::attn_k), nullptr) << "there is no such layer";
}

TEST(TensorPlan, names_a_missing_tensor_and_its_shape) {
    Tensors tensors = llama_tensors();
    drop(tensors, "blk.1.ffn_norm.weight");
    const TensorPlan plan = plan_of(tensors);
    EXPECT_EQ(refused_for(plan), "blk.1.ffn_norm.weight");
    EXPECT_EQ(message_of(plan.findings, FindingId::tensor_missing),
              "tensor blk.1.ffn_norm.weight is missing, it should be [128]");
    EXPECT_EQ(plan.find({Stack::trunk, 1}, Stem::ffn_norm)->state, TensorState::missing);
}

TEST(TensorPlan, names_a_superfluous_tensor) {
    Tensors tensors = llama_tensors();
    set(tensors, "blk.0.attn_sinks.weight", {4});
    const TensorPlan plan = plan_of(tensors);
    EXPECT_EQ(refused_for(plan), "blk.0.attn_sinks.weight");
    EXPECT_EQ(plan.superfluous, std::vector<std::size_t>{tensors.size() - 1});
    EXPECT_TRUE(message_of(plan.findings, FindingId::tensor_superfluous));
}

TEST(TensorPlan, takes_the_tensors_of_a_layer_too_many_for_superfluous) {
    Tensors tensors = llama_tensors();
    set(tensors, "blk.2.attn_norm.weight", {128});
    EXPECT_EQ(refused_for(plan_of(tensors)), "blk.2.attn_norm.weight");
}

TEST(TensorPlan, says_which_shape_a_tensor_has_and_which_it_should_have) {
    Tensors tensors = llama_tensors();
    set(tensors, "blk.0.attn_k.weight", {64, 128});
    const TensorPlan plan = plan_of(tensors);
    EXPECT_EQ(refused_for(plan), "blk.0.attn_k.weight");
    EXPECT_EQ(message_of(plan.findings, FindingId::shape_disagrees),
              "tensor blk.0.attn_k.weight is [64, 128], it should be [128, 64]");
    EXPECT_FALSE(plan.find({Stack::trunk, 0}, Stem::attn_k)->usable());
}

TEST(TensorPlan, counts_a_dimension_of_one_as_none) {
    Tensors tensors = llama_tensors();
    set(tensors, "blk.0.attn_norm.weight", {128, 1, 1});
    EXPECT_EQ(refused_for(plan_of(tensors)), "nothing");
}

TEST(TensorPlan, refuses_for_the_first_fault_in_the_order_of_loading) {
    Tensors tensors = llama_tensors();
    set(tensors, "blk.0.ffn_up.weight", {128, 255});
    drop(tensors, "blk.0.attn_v.weight");
    const TensorPlan plan = plan_of(tensors);
    EXPECT_EQ(refused_for(plan), "blk.0.attn_v.weight");
    EXPECT_TRUE(message_of(plan.findings, FindingId::shape_disagrees)) << "all that is wrong is a finding";
}

TEST(TensorPlan, takes_queries_keys_and_values_fused_or_apart) {
    Tensors tensors = llama_tensors();
    for (const char* const apart : {"blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight"})
        drop(tensors, apart);
    set(tensors, "blk.0.attn_qkv.weight", {128, 256});
    set(tensors, "blk.0.attn_k.bias", {64});
    EXPECT_EQ(refused_for(plan_of(tensors)), "nothing");
    set(tensors, "blk.1.attn_qkv.weight", {128, 256});
    EXPECT_EQ(refused_for(plan_of(tensors)), "blk.1.attn_q.weight") << "not both";
}

TEST(TensorPlan, takes_a_scale_of_any_matrix_that_is_there) {
    Tensors tensors = llama_tensors();
    set(tensors, "blk.1.attn_q.scale", {1});
    set(tensors, "blk.1.ffn_down.input_scale", {1});
    EXPECT_EQ(refused_for(plan_of(tensors)), "nothing");
    set(tensors, "blk.1.attn_q.scale", {2});
    EXPECT_EQ(refused_for(plan_of(tensors)), "blk.1.attn_q.scale");
}

TEST(TensorPlan, takes_no_scale_without_its_matrix) {
    Tensors tensors = llama_tensors();
    set(tensors, "blk.1.attn_qkv.scale", {1});
    EXPECT_EQ(refused_for(plan_of(tensors)), "blk.1.attn_qkv.scale");
    drop(tensors, "blk.1.attn_qkv.scale");
    set(tensors, "output.scale", {1});
    EXPECT_EQ(refused_for(plan_of(tensors)), "output.scale") << "the embedding, as output matrix, has none";
    set(tensors, "output.weight", {128, 10});
    EXPECT_EQ(refused_for(plan_of(tensors)), "nothing");
}

TEST(TensorPlan, knows_no_size_beyond_64_bits) {
    Tiny tiny{"llama", {"attention.head_count", "attention.head_count_kv"}};
    GgufBuilder builder = tiny.builder();
    builder.key("llama.vocab_size", 10U)
        .key("llama.attention.head_count", 0xFFFFFFFFU)
        .key("llama.attention.key_length", 0xFFFFFFFFU);
    builder.key("llama.attention.value_length", 0xFFFFFFFFU);
    const TensorPlan plan = spec_of(with(builder, llama_tensors(), kAll)).tensors;
    EXPECT_EQ(refused_for(plan), "blk.0.attn_q.weight");
    const PlannedTensor* fused = plan.find({Stack::trunk, 0}, Stem::attn_qkv);
    ASSERT_NE(fused, nullptr);
    EXPECT_EQ(shape_text(*fused), "[128, ?]") << "three times (2^32 - 1)^2";
    EXPECT_EQ(shape_text(*plan.find({Stack::trunk, 0}, Stem::attn_k)), "[128, 18446744065119617025]");
}

}  // namespace
}  // namespace attnx::model
