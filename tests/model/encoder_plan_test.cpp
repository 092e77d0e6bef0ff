// Encoders: what keys add to, or change of, the tensors that llama.cpp's loader asks for. Width 128, 4 heads
// of 32, networks of 256.
#include <gtest/gtest.h>

#include "plan_cases.h"

namespace attnx::model {
namespace {

using test::append;
using test::GgufBuilder;
using test::kAll;
using test::refused_for;
using test::spec_of;
using test::Tensors;
using test::Tiny;
using test::with;
using test::without;

GgufBuilder keys(const std::string& architecture, std::uint32_t blocks) {
    auto builder = Tiny{architecture, {"block_count", "attention.head_count_kv"}}.builder();
    builder.key(architecture + ".block_count", blocks).key(architecture + ".vocab_size", 32U);
    builder.key(architecture + ".attention.layer_norm_epsilon", 1e-5F);
    return builder;
}

// The last block is the head's.
Tensors modern_bert() {
    Tensors all = {{"token_embd.weight", {128, 32}}, {"token_embd_norm.weight", {128}}, {"output_norm.weight", {128}},
                   {"cls.output.weight", {128, 1}},  {"cls.output.bias", {1}},          {"cls.weight", {128, 128}},
                   {"cls.norm.weight", {128}},       {"token_types.weight", {128, 3}},  {"cls.bias", {128}},
                   {"cls.norm.bias", {128}}};
    append(all, "blk.0.",
           {{"attn_qkv.weight", {128, 384}},
            {"attn_output.weight", {128, 128}},
            {"ffn_up.weight", {128, 512}},
            {"ffn_down.weight", {256, 128}},
            {"ffn_norm.weight", {128}}});
    append(all, "blk.1.",
           {{"attn_norm.weight", {128}},
            {"attn_norm.bias", {128}},
            {"attn_qkv.weight", {128, 384}},
            {"attn_qkv.bias", {384}},
            {"attn_output.weight", {128, 128}},
            {"attn_output.bias", {128}},
            {"ffn_norm.weight", {128}},
            {"ffn_norm.bias", {128}},
            {"ffn_up.weight", {128, 256}},
            {"ffn_up.bias", {256}},
            {"ffn_down.weight", {256, 128}},
            {"ffn_down.bias", {128}}});
    return all;
}

GgufBuilder decision_keys(std::uint32_t blocks) {
    auto builder = keys("modern-bert", 2);
    builder.key("modern-bert.decision.block_count", blocks).key("tokenizer.ggml.token_type_count", 3U);
    return builder;
}

TEST(Encoders, may_end_with_a_decision_head) {
    EXPECT_EQ(refused_for(with(decision_keys(1), modern_bert(), kAll)), "");
    for (const char* const name :
         {"blk.1.attn_norm.bias", "token_types.weight", "cls.norm.bias", "cls.output.weight", "cls.weight"})
        EXPECT_EQ(refused_for(with(decision_keys(1), modern_bert(), without(name))), name);
    EXPECT_EQ(refused_for(with(decision_keys(2), modern_bert(), kAll)), "decision.block_count")
        << "no block would be left";
}

Tensors bert(std::uint64_t labels) {
    Tensors all = {{"token_embd.weight", {128, 32}},      {"token_types.weight", {128, 2}},
                   {"position_embd.weight", {128, 4096}}, {"cls.output.weight", {128, labels}},
                   {"cls.output.bias", {labels}},         {"token_embd_norm.weight", {128}},
                   {"token_embd_norm.bias", {128}}};
    append(all, "blk.0.",
           {{"attn_qkv.weight", {128, 384}},
            {"attn_q.bias", {128}},
            {"attn_k.bias", {128}},
            {"attn_v.bias", {128}},
            {"attn_output.weight", {128, 128}},
            {"attn_output_norm.weight", {128}},
            {"attn_output_norm.bias", {128}},
            {"ffn_up.weight", {128, 256}},
            {"ffn_down.weight", {256, 128}},
            {"layer_output_norm.weight", {128}},
            {"layer_output_norm.bias", {128}}});
    return all;
}

TEST(Encoders, classify_into_as_many_labels_as_they_name) {
    auto builder = keys("bert", 1);
    EXPECT_EQ(refused_for(with(builder, bert(1), kAll)), "tokenizer.ggml.token_type_count");
    builder.key("tokenizer.ggml.token_type_count", 2U);
    EXPECT_EQ(refused_for(with(builder, bert(1), kAll)), "") << "fused queries, keys and values may have biases apart";
    EXPECT_EQ(refused_for(with(builder, bert(3), kAll)), "cls.output.weight");
    builder.key("bert.classifier.output_labels", std::vector<std::string>{"yes", "no", "maybe"});
    EXPECT_EQ(refused_for(with(builder, bert(3), kAll)), "");
}

Tensors jina_bert_v2(std::uint64_t up) {
    Tensors all = {{"token_embd.weight", {128, 32}},
                   {"token_types.weight", {128, 2}},
                   {"token_embd_norm.weight", {128}},
                   {"token_embd_norm.bias", {128}}};
    append(all, "blk.0.",
           {{"attn_q.weight", {128, 128}},
            {"attn_k.weight", {128, 128}},
            {"attn_v.weight", {128, 128}},
            {"attn_output.weight", {128, 128}},
            {"attn_output.bias", {128}},
            {"attn_output_norm.weight", {128}},
            {"attn_output_norm.bias", {128}},
            {"ffn_up.weight", {128, up}},
            {"ffn_up.bias", {up}},
            {"ffn_down.weight", {256, 128}},
            {"ffn_down.bias", {128}},
            {"layer_output_norm.weight", {128}},
            {"layer_output_norm.bias", {128}}});
    return all;
}

TEST(Encoders, may_hold_the_gate_in_the_matrix_beside_it) {
    auto builder = keys("jina-bert-v2", 1);
    builder.key("tokenizer.ggml.token_type_count", 2U);
    EXPECT_EQ(refused_for(with(builder, jina_bert_v2(256), kAll)), "");
    EXPECT_EQ(refused_for(with(builder, jina_bert_v2(512), kAll)), "");
    EXPECT_EQ(refused_for(with(builder, jina_bert_v2(384), kAll)), "blk.0.ffn_up.weight");
}

const Tensors kT5Network = {{"ffn_norm.weight", {128}}, {"ffn_down.weight", {256, 128}}, {"ffn_up.weight", {128, 256}}};

Tensors t5_attention(const std::string& kind) {
    return {{kind + "_norm.weight", {128}},   {kind + "_rel_b.weight", {4, 8}}, {kind + "_q.weight", {128, 128}},
            {kind + "_k.weight", {128, 128}}, {kind + "_v.weight", {128, 128}}, {kind + "_o.weight", {128, 128}}};
}

// Two blocks encode, one decodes.
Tensors t5() {
    Tensors all = {
        {"token_embd.weight", {128, 32}}, {"enc.output_norm.weight", {128}}, {"dec.output_norm.weight", {128}}};
    for (const char* const block : {"enc.blk.0.", "enc.blk.1.", "dec.blk.0."}) {
        append(all, block, t5_attention("attn"));
        append(all, block, kT5Network);
    }
    append(all, "dec.blk.0.", t5_attention("cross_attn"));
    return all;
}

GgufBuilder t5_keys(std::uint32_t decoder_blocks) {
    auto builder = keys("t5", 2);
    builder.key("t5.attention.relative_buckets_count", 8U).key("t5.decoder_block_count", decoder_blocks);
    return builder;
}

TEST(Encoders, and_decoders_may_differ_in_number) {
    const TensorPlan plan = spec_of(with(t5_keys(1), t5(), kAll)).tensors;
    EXPECT_FALSE(plan.refusal) << plan.refusal->message;
    const PlannedTensor* bias = plan.find({Stack::decoder, 0}, Stem::cross_attn_rel_b);
    ASSERT_NE(bias, nullptr);
    EXPECT_EQ(bias->state, TensorState::present);
    EXPECT_FALSE(bias->usable()) << "llama.cpp leaves it out";
    EXPECT_EQ(refused_for(with(t5_keys(2), t5(), kAll)), "dec.blk.1.attn_norm.weight");
    EXPECT_EQ(refused_for(with(t5_keys(4000000000U), t5(), kAll)), "dec.blk.1.attn_norm.weight") << "and in time";
    EXPECT_EQ(refused_for(with(t5_keys(0), t5(), kAll)), "dec.blk.0.attn_norm.weight") << "superfluous";
}

}  // namespace
}  // namespace attnx::model
