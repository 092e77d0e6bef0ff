// Tensors of Llama's kin and of the line of GPT-2 under conditions that no golden model meets. Expectations are those
// of llama.cpp's loader (b12032, models/*.cpp).
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
using test::without;

GgufBuilder tiny_keys(const Tiny& tiny) { return tiny.builder().key(tiny.architecture + ".vocab_size", 32U); }

// Two layers, width 128, 4 heads of 32, 2 of them with keys and values, 256 inside the network.
Tensors plain_attention() {
    return {{"attn_norm.weight", {128}},
            {"attn_q.weight", {128, 128}},
            {"attn_k.weight", {128, 64}},
            {"attn_v.weight", {128, 64}},
            {"attn_output.weight", {128, 128}}};
}

Tensors network() {
    return {{"ffn_norm.weight", {128}},
            {"ffn_gate.weight", {128, 256}},
            {"ffn_down.weight", {256, 128}},
            {"ffn_up.weight", {128, 256}}};
}

Tensors layers(std::initializer_list<Tensors> first, std::initializer_list<Tensors> second) {
    Tensors all = whole_model();
    for (const Tensors& group : first) append(all, "blk.0.", group);
    for (const Tensors& group : second) append(all, "blk.1.", group);
    return all;
}

// How many tensors the plan names in block i.
std::size_t planned_in(const TensorPlan& plan, std::uint32_t i) {
    std::size_t count = 0;
    for (const PlannedTensor& tensor : plan.tensors) count += tensor.place == TensorPlace{Stack::trunk, i} ? 1 : 0;
    return count;
}

TEST(Mistral3Tensors, scale_a_norm_by_a_network_as_wide_as_the_file_says) {
    const Tensors scale = {{"ffn_norm_ada_down.weight", {128, 24}}, {"ffn_norm_ada_up.weight", {24, 128}}};
    const Tensors tensors = layers({plain_attention(), network(), scale}, {plain_attention(), network()});
    EXPECT_EQ(refused_for(with(tiny_keys({"mistral3"}), tensors, kAll)), "");
    EXPECT_EQ(refused_for(with(tiny_keys({"mistral3"}), tensors, without("blk.0.ffn_norm_ada_up.weight"))),
              "blk.0.ffn_norm_ada_up.weight");
    EXPECT_EQ(refused_for(with(tiny_keys({"llama"}), tensors, kAll)), "blk.0.ffn_norm_ada_down.weight")
        << "not Llama's";
}

TEST(DeciTensors, have_one_matrix_in_the_place_of_attention_or_no_attention_or_no_network) {
    GgufBuilder builder =
        tiny_keys({"deci", {"attention.head_count", "attention.head_count_kv", "feed_forward_length"}});
    builder.key("deci.attention.head_count", std::vector<std::uint32_t>{4, 0})
        .key("deci.attention.head_count_kv", std::vector<std::uint32_t>{0, 0})
        .key("deci.feed_forward_length", std::vector<std::uint32_t>{0, 256});
    const Tensors linear = {{"attn_norm.weight", {128}}, {"attn_output.weight", {128, 128}}};
    EXPECT_EQ(refused_for(with(builder, layers({linear}, {network()}), kAll)), "");
    EXPECT_EQ(refused_for(with(builder, layers({linear}, {network()}), without("blk.0.attn_output.weight"))),
              "blk.0.attn_output.weight");
    EXPECT_EQ(refused_for(with(builder, layers({linear}, {linear, network()}), kAll)), "blk.1.attn_norm.weight");
    EXPECT_EQ(refused_for(with(builder, layers({linear, network()}, {network()}), kAll)), "blk.0.ffn_norm.weight");
}

TEST(NanbeigeTensors, are_there_once_however_often_their_layers_run) {
    GgufBuilder builder = tiny_keys({"nanbeige"});
    builder.key("nanbeige.num_loops", 3U);
    const Tensors tensors = layers({plain_attention(), network()}, {plain_attention(), network()});
    const ModelSpec spec = test::spec_of(with(builder, tensors, kAll));
    EXPECT_FALSE(spec.tensors.refusal);
    EXPECT_EQ(spec.layer_count, 6U);
    EXPECT_EQ(planned_in(spec.tensors, 2), 0U);
}

TEST(NanbeigeTensors, are_none_when_more_layers_predict_than_there_are) {
    GgufBuilder builder = tiny_keys({"nanbeige"});
    builder.key("nanbeige.num_loops", 3U).key("nanbeige.nextn_predict_layers", 5U);
    const Tensors tensors = layers({plain_attention(), network()}, {plain_attention(), network()});
    EXPECT_EQ(refused_for(with(builder, tensors, kAll)), "blk.0.attn_norm.weight");
}

// 4 experts of 64 in the layers that have them.
GgufBuilder mixture(const std::string& architecture, std::uint32_t experts) {
    GgufBuilder builder = tiny_keys({architecture});
    builder.key(architecture + ".expert_count", experts).key(architecture + ".expert_used_count", experts / 2);
    return builder.key(architecture + ".expert_feed_forward_length", 64U);
}

TEST(Llama4Tensors, are_dense_between_layers_with_experts) {
    const auto every = [](std::uint32_t step, std::uint32_t experts = 4) {
        return mixture("llama4", experts).key("llama4.interleave_moe_layer_step", step);
    };
    const Tensors shared = {
        {"ffn_gate_shexp.weight", {128, 64}}, {"ffn_down_shexp.weight", {64, 128}}, {"ffn_up_shexp.weight", {128, 64}}};
    const Tensors norm = {{"ffn_norm.weight", {128}}};
    const Tensors second = layers({plain_attention(), network()}, {plain_attention(), norm, four_experts(), shared});
    EXPECT_EQ(refused_for(with(every(2), second, kAll)), "");
    EXPECT_EQ(refused_for(with(every(1), second, kAll)), "blk.0.ffn_gate_inp.weight");
    EXPECT_EQ(refused_for(with(every(0), second, kAll)), "blk.1.ffn_gate.weight") << "no layer has experts";
    EXPECT_EQ(refused_for(with(every(2, 0), second, kAll)), "llama4.expert_count");
}

TEST(DbrxTensors, are_not_loaded_without_experts) {
    GgufBuilder builder = tiny_keys({"dbrx"});
    builder.key("dbrx.attention.layer_norm_epsilon", 1e-5F).key("dbrx.attention.clamp_kqv", 8.0F);
    EXPECT_EQ(refused_for(with(builder, whole_model(), kAll)), "dbrx.expert_count");
}

TEST(GrokTensors, name_the_last_norm_in_two_ways_and_may_have_a_dense_network) {
    const Tensors both = {{"attn_output_norm.weight", {128}}, {"ffn_norm.weight", {128}}};
    const Tensors dense = {
        {"ffn_gate.weight", {128, 256}}, {"ffn_down.weight", {256, 128}}, {"ffn_up.weight", {128, 256}}};
    const Tensors older = {{"layer_output_norm.weight", {128}}}, newer = {{"post_ffw_norm.weight", {128}}};
    const auto refused = [&](const Tensors& first, const Tensors& second) {
        return refused_for(with(mixture("grok", 4),
                                layers({plain_attention(), both, four_experts(), first},
                                       {plain_attention(), both, four_experts(), dense, second}),
                                kAll));
    };
    EXPECT_EQ(refused(older, newer), "");
    EXPECT_EQ(refused(newer, older), "");
    EXPECT_EQ(refused(newer, {}), "blk.1.post_ffw_norm.weight");
    Tensors twice = older;
    twice.emplace_back("post_ffw_norm.weight", test::Shape{128});
    EXPECT_EQ(refused(twice, newer), "blk.0.post_ffw_norm.weight") << "one of them";
}

TEST(MptTensors, may_divide_activations_by_scales) {
    GgufBuilder builder = tiny_keys({"mpt"});
    builder.key("mpt.attention.layer_norm_epsilon", 1e-5F);
    const Tensors block = {{"attn_norm.weight", {128}},        {"attn_qkv.weight", {128, 256}},
                           {"attn_output.weight", {128, 128}}, {"ffn_norm.weight", {128}},
                           {"ffn_down.weight", {256, 128}},    {"ffn_up.weight", {128, 256}}};
    EXPECT_EQ(refused_for(with(builder, layers({block, {{"ffn.act.scales", {256}}}}, {block}), kAll)), "");
    EXPECT_EQ(refused_for(with(builder, layers({block, {{"ffn.act.scales", {128}}}}, {block}), kAll)),
              "blk.0.ffn.act.scales");
    EXPECT_EQ(refused_for(with(builder, layers({block, {{"ffn.act.weight", {256}}}}, {block}), kAll)),
              "blk.0.ffn.act.weight");
}

TEST(CodeshellTensors, take_the_output_matrix_for_the_embedding) {
    GgufBuilder builder = tiny_keys({"codeshell"});
    builder.key("codeshell.attention.layer_norm_epsilon", 1e-5F);
    const Tensors biases = {{"attn_norm.bias", {128}}, {"attn_output.bias", {128}},  {"ffn_norm.weight", {128}},
                            {"ffn_norm.bias", {128}},  {"ffn_down.bias", {128}},     {"ffn_down.weight", {256, 128}},
                            {"ffn_up.bias", {256}},    {"ffn_up.weight", {128, 256}}};
    Tensors tensors = layers({plain_attention(), biases}, {plain_attention(), biases});
    tensors.emplace_back("output_norm.bias", test::Shape{128});
    EXPECT_EQ(refused_for(with(builder, tensors, without("token_embd.weight"))), "");
    EXPECT_EQ(refused_for(with(builder, tensors, without("output.weight"))), "output.weight");
}

TEST(MellumTensors, of_prediction_blocks_end_in_a_norm_of_their_own) {
    GgufBuilder builder = mixture("mellum", 4);
    builder.key("mellum.nextn_predict_layers", 1U);
    const Tensors norms = {{"attn_k_norm.weight", {32}}, {"attn_q_norm.weight", {32}}, {"ffn_norm.weight", {128}}};
    const Tensors projection = {{"nextn.eh_proj.weight", {256, 128}},
                                {"nextn.enorm.weight", {128}},
                                {"nextn.hnorm.weight", {128}},
                                {"nextn.shared_head_norm.weight", {128}}};
    const Tensors tensors =
        layers({plain_attention(), norms, four_experts()}, {plain_attention(), norms, four_experts(), projection});
    EXPECT_EQ(refused_for(with(builder, tensors, kAll)), "");
    EXPECT_EQ(refused_for(with(builder, tensors, without("blk.1.nextn.shared_head_norm.weight"))),
              "blk.1.nextn.shared_head_norm.weight");
    const auto trunk = [](const std::string& name) { return !name.starts_with("blk.1."); };
    EXPECT_EQ(refused_for(with(builder, tensors, trunk)), "") << "a file of the trunk";
}

}  // namespace
}  // namespace attnx::model
