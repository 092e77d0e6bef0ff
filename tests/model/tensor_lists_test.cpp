// Tensor lists with conditions that no golden model meets: next-token-prediction blocks with holes, layers that
// borrow keys and values, drafters. Expectations are those of llama.cpp's loader (b12032, models/*.cpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "attnx/model/tensor_plan.h"
#include "tiny.h"

namespace attnx::model {
namespace {

using test::GgufBuilder;
using test::spec_of;
using test::Tiny;

using ShapeOf = std::map<std::string, std::vector<std::uint64_t>>;

void add(ShapeOf& tensors, const std::string& block, const ShapeOf& more) {
    for (const auto& [name, shape] : more) tensors[block + name] = shape;
}

// The tensor or key that the file would be refused for.
std::string refused_for(GgufBuilder builder, const ShapeOf& tensors) {
    builder.key(std::string("tokenizer.ggml.model"), std::string("no_vocab"));
    for (const auto& [name, shape] : tensors) builder.tensor(name, "f32", shape);
    const ModelSpec spec = spec_of(builder);
    if (!spec.key_refusals.empty()) return spec.key_refusals.front().name;
    return spec.tensors.refusal ? spec.tensors.refusal->name : "nothing";
}

ShapeOf without(ShapeOf tensors, const std::string& name) {
    EXPECT_EQ(tensors.erase(name), 1U) << name;
    return tensors;
}

ShapeOf without_block(ShapeOf tensors, std::string_view block) {
    std::erase_if(tensors, [&](const auto& tensor) { return tensor.first.starts_with(block); });
    return tensors;
}

ShapeOf with(ShapeOf tensors, const std::string& name, std::vector<std::uint64_t> shape) {
    tensors[name] = std::move(shape);
    return tensors;
}

const ShapeOf kWhole = {{"token_embd.weight", {128, 10}}, {"output_norm.weight", {128}}};

// Width 128, 4 heads of 32, 2 of keys and values.
const ShapeOf kAttention = {{"attn_norm.weight", {128}},        {"attn_q.weight", {128, 128}},
                            {"attn_k.weight", {128, 64}},       {"attn_v.weight", {128, 64}},
                            {"attn_output.weight", {128, 128}}, {"post_attention_norm.weight", {128}}};

const ShapeOf kNextn = {
    {"nextn.eh_proj.weight", {256, 128}}, {"nextn.enorm.weight", {128}}, {"nextn.hnorm.weight", {128}}};

// ---- GLM-4: block 1 of 2 predicts the token after the next. It is loaded by nobody, and yet has to be whole.

GgufBuilder glm4() { return Tiny{"glm4"}.builder().key("glm4.vocab_size", 10U).key("glm4.nextn_predict_layers", 1U); }

ShapeOf glm4_tensors() {
    ShapeOf tensors = kWhole;
    for (const std::string block : {"blk.0.", "blk.1."}) {
        add(tensors, block, kAttention);
        add(tensors, block, {{"ffn_norm.weight", {128}}, {"ffn_down.weight", {256, 128}}});
        add(tensors, block, {{"ffn_up.weight", {128, 512}}, {"post_ffw_norm.weight", {128}}});
    }
    add(tensors, "blk.1.", kNextn);
    return tensors;
}

TEST(PredictionBlocks, may_not_lack_a_tensor_that_the_trunk_needs) {
    const ShapeOf whole = glm4_tensors();
    EXPECT_EQ(refused_for(glm4(), whole), "nothing");
    for (const std::string name : {"blk.1.attn_norm.weight", "blk.1.ffn_up.weight", "blk.1.nextn.enorm.weight"})
        EXPECT_EQ(refused_for(glm4(), without(whole, name)), name);
    EXPECT_EQ(refused_for(glm4(), with(whole, "blk.1.ffn_up.weight", {128, 256})), "blk.1.ffn_up.weight");
}

TEST(PredictionBlocks, may_lack_queries_keys_and_values_or_have_them_twice) {
    const ShapeOf whole = glm4_tensors();
    EXPECT_EQ(refused_for(glm4(), without(whole, "blk.1.attn_q.weight")), "nothing");
    EXPECT_EQ(refused_for(glm4(), without(whole, "blk.0.attn_q.weight")), "blk.0.attn_q.weight");
    EXPECT_EQ(refused_for(glm4(), with(whole, "blk.1.attn_qkv.weight", {128, 256})), "nothing");
    EXPECT_EQ(refused_for(glm4(), with(whole, "blk.1.attn_qkv.weight", {128, 255})), "blk.1.attn_qkv.weight");
    EXPECT_EQ(refused_for(glm4(), with(whole, "blk.0.attn_qkv.weight", {128, 256})), "blk.0.attn_k.weight")
        << "superfluous, and the first in the file";
}

TEST(PredictionBlocks, may_have_an_embedding_an_output_matrix_and_a_norm_of_their_own) {
    ShapeOf tensors = glm4_tensors();
    tensors["blk.1.nextn.embed_tokens.weight"] = {128, 10};
    tensors["blk.1.nextn.shared_head_head.weight"] = {128, 10};
    tensors["blk.1.nextn.shared_head_norm.weight"] = {128};
    EXPECT_EQ(refused_for(glm4(), tensors), "nothing");
    EXPECT_EQ(refused_for(glm4(), with(tensors, "blk.0.nextn.enorm.weight", {128})), "blk.0.nextn.enorm.weight");
}

TEST(PredictionBlocks, are_superfluous_where_the_key_does_not_announce_them) {
    const auto builder = Tiny{"glm4"}.builder().key("glm4.vocab_size", 10U);
    EXPECT_EQ(refused_for(builder, glm4_tensors()), "blk.1.nextn.eh_proj.weight");
}

// ---- GLM-4.5: a file may hold only the trunk, or only the prediction blocks.

GgufBuilder glm4moe() {
    return Tiny{"glm4moe"}
        .builder()
        .key("glm4moe.vocab_size", 10U)
        .key("glm4moe.nextn_predict_layers", 1U)
        .key("glm4moe.expert_count", 4U)
        .key("glm4moe.expert_used_count", 2U)
        .key("glm4moe.expert_feed_forward_length", 64U)
        .key("glm4moe.expert_shared_count", 1U)
        .key("glm4moe.leading_dense_block_count", 0U);
}

ShapeOf glm4moe_tensors() {
    ShapeOf tensors = kWhole;
    for (const std::string block : {"blk.0.", "blk.1."}) {
        add(tensors, block, kAttention);
        add(tensors, block, {{"ffn_gate_inp.weight", {128, 4}}, {"exp_probs_b.bias", {4}}});
        add(tensors, block, {{"ffn_gate_exps.weight", {128, 64, 4}}, {"ffn_down_exps.weight", {64, 128, 4}}});
        add(tensors, block, {{"ffn_up_exps.weight", {128, 64, 4}}, {"ffn_gate_shexp.weight", {128, 64}}});
        add(tensors, block, {{"ffn_down_shexp.weight", {64, 128}}, {"ffn_up_shexp.weight", {128, 64}}});
    }
    add(tensors, "blk.1.", kNextn);
    return tensors;
}

TEST(PredictionBlocks, may_be_left_out_where_llama_cpp_takes_the_trunk_alone) {
    const ShapeOf whole = glm4moe_tensors();
    EXPECT_EQ(refused_for(glm4moe(), whole), "nothing");
    EXPECT_EQ(refused_for(glm4moe(), without_block(whole, "blk.1.")), "nothing");
    EXPECT_EQ(refused_for(glm4moe(), without(whole, "blk.1.nextn.hnorm.weight")), "blk.1.nextn.hnorm.weight")
        << "with their projection they have to be whole";
    EXPECT_EQ(refused_for(glm4(), without_block(glm4_tensors(), "blk.1.")), "blk.1.attn_norm.weight");
}

TEST(PredictionBlocks, may_stand_alone_where_llama_cpp_takes_them_so) {
    const ShapeOf whole = glm4moe_tensors();
    EXPECT_EQ(refused_for(glm4moe(), without_block(whole, "blk.0.")), "nothing");
    EXPECT_EQ(refused_for(glm4moe(), without(whole, "blk.0.ffn_gate_inp.weight")), "blk.0.ffn_gate_inp.weight");
}

// ---- EXAONE MoE: factors of rotation are asked for in prediction blocks too, and counted each time.

TEST(PredictionBlocks, of_exaone_moe_count_the_factors_of_rotation_again) {
    const auto builder = Tiny{"exaone-moe"}
                             .builder()
                             .key("exaone-moe.vocab_size", 10U)
                             .key("exaone-moe.nextn_predict_layers", 1U)
                             .key("exaone-moe.expert_count", 4U)
                             .key("exaone-moe.expert_used_count", 2U)
                             .key("exaone-moe.expert_feed_forward_length", 64U)
                             .key("exaone-moe.expert_gating_func", 2U)
                             .key("exaone-moe.leading_dense_block_count", 1U)
                             .key("exaone-moe.attention.sliding_window", 16U);
    ShapeOf tensors = with(kWhole, "output.weight", {128, 10});
    for (const std::string block : {"blk.0.", "blk.1."}) {
        add(tensors, block, without(kAttention, "post_attention_norm.weight"));
        add(tensors, block, {{"attn_q_norm.weight", {32}}, {"attn_k_norm.weight", {32}}});
        add(tensors, block, {{"ffn_norm.weight", {128}}, {"ffn_gate.weight", {128, 256}}});
        add(tensors, block, {{"ffn_down.weight", {256, 128}}, {"ffn_up.weight", {128, 256}}});
    }
    add(tensors, "blk.1.", kNextn);
    EXPECT_EQ(refused_for(builder, tensors), "nothing");
    EXPECT_EQ(refused_for(builder, with(tensors, "rope_freqs.weight", {16})), "") << "one tensor, counted twice";
}

// ---- Gemma 4: layer 1 of 4 is full and rotates all of its head by factors; layers 2 and 3 read the K/V of 0 and 1.

GgufBuilder gemma4(std::uint32_t per_layer, std::string_view architecture = "gemma4") {
    const std::string name(architecture);
    return Tiny{name, {"block_count"}}
        .builder()
        .key(name + ".block_count", 4U)
        .key(name + ".vocab_size", 10U)
        .key(name + ".attention.sliding_window", 16U)
        .key(name + ".attention.sliding_window_pattern", std::vector<bool>{true, false, true, false})
        .key(name + ".attention.shared_kv_layers", 2U)
        .key(name + ".embedding_length_per_layer_input", per_layer)
        .key(name + ".attention.key_length", 64U)
        .key(name + ".attention.value_length", 64U)
        .key(name + ".attention.key_length_swa", 32U)
        .key(name + ".attention.value_length_swa", 32U);
}

ShapeOf gemma4_block(bool full, bool owns) {
    const std::uint64_t head = full ? 64 : 32;
    ShapeOf block = {{"attn_norm.weight", {128}},     {"attn_q.weight", {128, 4 * head}},
                     {"attn_q_norm.weight", {head}},  {"attn_output.weight", {4 * head, 128}},
                     {"ffn_norm.weight", {128}},      {"post_attention_norm.weight", {128}},
                     {"ffn_gate.weight", {128, 256}}, {"ffn_up.weight", {128, 256}},
                     {"ffn_down.weight", {256, 128}}, {"post_ffw_norm.weight", {128}}};
    if (!owns) return block;
    add(block, "", {{"attn_k.weight", {128, 2 * head}}, {"attn_v.weight", {128, 2 * head}}});
    add(block, "", {{"attn_k_norm.weight", {head}}});
    return block;
}

ShapeOf gemma4_tensors() {
    ShapeOf tensors = with(kWhole, "rope_freqs.weight", {32});
    for (const std::uint32_t i : {0U, 1U, 2U, 3U})
        add(tensors, "blk." + std::to_string(i) + ".", gemma4_block(i % 2 == 1, i < 2));
    return tensors;
}

TEST(Gemma4Tensors, lack_keys_where_a_layer_reads_anothers_and_values_anywhere) {
    const ShapeOf whole = gemma4_tensors();
    EXPECT_EQ(refused_for(gemma4(0), whole), "nothing");
    EXPECT_EQ(refused_for(gemma4(0), without(whole, "blk.1.attn_v.weight")), "nothing") << "keys stand in for values";
    EXPECT_EQ(refused_for(gemma4(0), without(whole, "blk.1.attn_k.weight")), "blk.1.attn_k.weight");
    EXPECT_EQ(refused_for(gemma4(0), with(whole, "blk.2.attn_k.weight", {128, 64})), "nothing");
    EXPECT_EQ(refused_for(gemma4(0), with(whole, "blk.2.attn_k.weight", {128, 128})), "blk.2.attn_k.weight")
        << "heads of layers with a window have their own size";
}

TEST(Gemma4Tensors, hold_one_set_of_factors_for_all_layers_without_a_window) {
    const ShapeOf whole = gemma4_tensors();
    EXPECT_EQ(refused_for(gemma4(0), without(whole, "rope_freqs.weight")), "rope_freqs.weight");
    EXPECT_EQ(refused_for(gemma4(0), with(whole, "rope_freqs.weight", {16})), "rope_freqs.weight");
}

TEST(Gemma4Tensors, hold_embeddings_per_layer_where_the_key_gives_them_a_size) {
    ShapeOf tensors = gemma4_tensors();
    EXPECT_EQ(refused_for(gemma4(8), tensors), "per_layer_token_embd.weight");
    add(tensors, "", {{"per_layer_token_embd.weight", {32, 10}}, {"per_layer_model_proj.weight", {128, 32}}});
    add(tensors, "", {{"per_layer_proj_norm.weight", {8}}});
    for (const std::string block : {"blk.0.", "blk.1.", "blk.2.", "blk.3."})
        add(tensors, block, {{"inp_gate.weight", {128, 8}}, {"proj.weight", {8, 128}}, {"post_norm.weight", {128}}});
    EXPECT_EQ(refused_for(gemma4(8), tensors), "nothing");
    EXPECT_NE(refused_for(gemma4(0), tensors), "nothing");
}

TEST(Gemma4Tensors, bring_experts_where_there_is_a_router) {
    auto builder = gemma4(0);
    builder.key("gemma4.expert_count", 4U)
        .key("gemma4.expert_used_count", 2U)
        .key("gemma4.expert_feed_forward_length", 64U);
    ShapeOf tensors = gemma4_tensors();
    EXPECT_EQ(refused_for(builder, tensors), "nothing");
    tensors["blk.3.ffn_gate_inp.weight"] = {128, 4};
    EXPECT_EQ(refused_for(builder, tensors), "blk.3.ffn_gate_inp.scale");
    add(tensors, "blk.3.", {{"ffn_gate_inp.scale", {128}}, {"pre_ffw_norm_2.weight", {128}}});
    add(tensors, "blk.3.", {{"post_ffw_norm_1.weight", {128}}, {"post_ffw_norm_2.weight", {128}}});
    add(tensors, "blk.3.", {{"ffn_gate_up_exps.weight", {128, 128, 4}}});
    EXPECT_EQ(refused_for(builder, tensors), "blk.3.ffn_down_exps.weight");
    tensors["blk.3.ffn_down_exps.weight"] = {64, 128, 4};
    EXPECT_EQ(refused_for(builder, tensors), "nothing");
}

TEST(Gemma4Tensors, are_refused_when_heads_of_keys_and_values_differ) {
    auto builder = Tiny{"gemma4"}.builder();
    builder.key("gemma4.attention.sliding_window", 16U)
        .key("gemma4.attention.sliding_window_pattern", std::vector<bool>{false, true})
        .key("gemma4.embedding_length_per_layer_input", 0U)
        .key("gemma4.attention.key_length_swa", 32U)
        .key("gemma4.attention.value_length_swa", 16U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_TRUE(spec.key_refusals.empty());
    ASSERT_TRUE(spec.tensors.refusal);
    EXPECT_EQ(spec.tensors.refusal->message, "heads of keys and heads of values differ in size");
}

// ---- Gemma 4's assistant: four layers on the K/V of a target that is 256 wide.

GgufBuilder assistant() { return gemma4(0, "gemma4-assistant").key("gemma4-assistant.nextn_predict_layers", 4U); }

ShapeOf assistant_tensors() {
    ShapeOf tensors = with(kWhole, "rope_freqs.weight", {32});
    tensors["nextn.pre_projection.weight"] = {512, 128};
    tensors["nextn.post_projection.weight"] = {128, 256};
    for (const std::uint32_t i : {0U, 1U, 2U, 3U}) {
        const std::string block = "blk." + std::to_string(i) + ".";
        add(tensors, block, gemma4_block(i % 2 == 1, false));
        tensors[block + "layer_output_scale.weight"] = {1};
    }
    return tensors;
}

TEST(Gemma4Assistant, leads_from_its_targets_width_and_back) {
    auto builder = assistant();
    builder.key("gemma4-assistant.embedding_length_out", 256U);
    const ShapeOf whole = assistant_tensors();
    EXPECT_EQ(refused_for(builder, whole), "nothing");
    EXPECT_EQ(refused_for(builder, without(whole, "nextn.pre_projection.weight")), "nextn.pre_projection.weight");
    EXPECT_EQ(refused_for(builder, without(whole, "blk.3.layer_output_scale.weight")),
              "blk.3.layer_output_scale.weight");
    EXPECT_EQ(refused_for(builder, with(whole, "blk.0.attn_k.weight", {128, 64})), "blk.0.attn_k.weight")
        << "it owns none";
}

TEST(Gemma4Assistant, is_refused_without_the_width_of_its_target) {
    EXPECT_EQ(refused_for(assistant(), assistant_tensors()), "");
}

// ---- Keys whose values llama.cpp checks

TEST(GraniteKeys, number_the_stages_of_a_vision_model_without_gaps) {
    const auto refused = [](std::vector<std::int32_t> stages) {
        auto builder = Tiny{"granite"}.builder();
        builder.key("granite.logit_scale", 1.0F).key("granite.deepstack_mapping", std::move(stages));
        return !spec_of(builder).key_refusals.empty();
    };
    EXPECT_FALSE(refused({-1, -1}));
    EXPECT_FALSE(refused({0, 1}));
    EXPECT_FALSE(refused({-1, 1})) << "one stage, and llama.cpp takes a number up to their count";
    EXPECT_TRUE(refused({-1, 2}));
    EXPECT_TRUE(refused({0, 0x7FFFFFFF}));
}

TEST(EmbeddingGemmaKeys, lead_from_the_width_of_the_stream_back_to_it) {
    const auto refused_for_size = [](const std::string& key, std::uint32_t size) {
        auto builder = Tiny{"gemma-embedding"}.builder();
        builder.key("gemma-embedding.attention.sliding_window", 16U).key("gemma-embedding." + key, size);
        const auto refusals = spec_of(builder).key_refusals;
        return refusals.empty() ? "nothing" : refusals.front().name;
    };
    EXPECT_EQ(refused_for_size("dense_2_feat_in", 128), "nothing");
    EXPECT_EQ(refused_for_size("dense_2_feat_in", 127), "gemma-embedding.dense_2_feat_in");
    EXPECT_EQ(refused_for_size("dense_3_feat_out", 64), "gemma-embedding.dense_3_feat_out");
    EXPECT_EQ(refused_for_size("dense_2_feat_out", 64), "nothing");
}

}  // namespace
}  // namespace attnx::model
