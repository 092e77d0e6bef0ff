// Drafters: one layer, width 128, 4 heads of 32, 2 of them with keys and values, 32 tokens, unless a test
// says otherwise.
#include <gtest/gtest.h>

#include "plan_cases.h"

namespace attnx::model {
namespace {

using test::append;
using test::GgufBuilder;
using test::kAll;
using test::one_block;
using test::refused_for;
using test::Tensors;
using test::with;
using test::without;

GgufBuilder dflash_keys() {
    auto builder = one_block("dflash");
    builder.key("dflash.target_layers", std::vector<std::int32_t>{1, 8});
    return builder;
}

const Tensors kNetwork = {{"ffn_norm.weight", {128}},
                          {"ffn_gate.weight", {128, 256}},
                          {"ffn_down.weight", {256, 128}},
                          {"ffn_up.weight", {128, 256}}};

Tensors dflash_input() {
    return {{"fc.weight", {256, 128}}, {"enc.output_norm.weight", {128}}, {"output_norm.weight", {128}}};
}

Tensors dflash() {
    Tensors all = dflash_input();
    append(all, "blk.0.",
           {{"attn_norm.weight", {128}},
            {"attn_q.weight", {128, 128}},
            {"attn_k.weight", {128, 64}},
            {"attn_output.weight", {128, 128}},
            {"attn_q_norm.weight", {32}},
            {"attn_k_norm.weight", {32}}});
    append(all, "blk.0.", kNetwork);
    return all;
}

Tensors operator+(Tensors a, const Tensors& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TEST(Drafters, of_dflash_share_embedding_and_output_with_their_target) {
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash(), kAll)), "");
    const Tensors own = {{"token_embd.weight", {128, 32}},
                         {"output.weight", {128, 32}},
                         {"blk.0.attn_v.weight", {128, 64}},
                         {"blk.0.attn_sinks.weight", {4}},
                         {"rope_freqs.weight", {16}}};
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash() + own, kAll)), "");
    for (const char* const name : {"fc.weight", "enc.output_norm.weight", "blk.0.attn_k_norm.weight"})
        EXPECT_EQ(refused_for(with(dflash_keys(), dflash(), without(name))), name);
}

TEST(Drafters, may_know_fewer_tokens_than_their_target) {
    const Tensors few = {{"d2t", {20}}, {"output.weight", {128, 20}}};
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash() + few, kAll)), "");
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash() + few, without("d2t"))), "output.weight");
}

TEST(Drafters, may_have_a_markov_head) {
    const Tensors head = {{"d2t", {20}},
                          {"markov_w1.weight", {8, 32}},
                          {"markov_w2.weight", {8, 20}},
                          {"conf_proj.weight", {136, 1}},
                          {"joint_proj.weight", {144, 24}},
                          {"joint_proj.bias", {24}}};
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash() + head, kAll)), "");
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash() + head, without("markov_w2.weight"))), "markov_w2.weight");
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash() + head, without("joint_proj.bias"))), "joint_proj.bias");
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash() + head, without("joint_proj.weight"))), "")
        << "a bias alone is asked for, too";
}

TEST(Drafters, may_have_convolutions_and_a_selector) {
    auto builder = dflash_keys();
    builder.key("dflash.conv_kernel_size", 3U).key("dflash.conv_group_size", 16U);
    const Tensors convolutions = {{"blk.0.attn_conv_base", {128, 3, 2}},
                                  {"blk.0.attn_conv_proj.weight", {128, 48}},
                                  {"blk.0.ffn_conv_base", {128, 3, 2}},
                                  {"blk.0.ffn_conv_proj.weight", {128, 48}}};
    EXPECT_EQ(refused_for(with(builder, dflash() + convolutions, kAll)), "");
    EXPECT_EQ(refused_for(with(builder, dflash(), kAll)), "blk.0.attn_conv_base");
    const Tensors selector = {{"selector_predecessor.weight", {6, 32}},
                              {"selector_successor.weight", {6, 32}},
                              {"selector_hidden.weight", {128, 6}}};
    EXPECT_EQ(refused_for(with(builder, dflash() + convolutions + selector, kAll)), "selector_hidden.weight")
        << "no keys";
    builder.key("dflash.selector_rank", 6U).key("dflash.selector_top_k", 4U).key("dflash.block_size", 8U);
    EXPECT_EQ(refused_for(with(builder, dflash() + convolutions + selector, kAll)), "");
}

TEST(Drafters, whose_width_no_group_divides_are_refused) {
    auto builder = dflash_keys();
    builder.key("dflash.conv_kernel_size", 3U).key("dflash.conv_group_size", 48U);
    EXPECT_EQ(refused_for(with(builder, dflash(), kAll)), "conv_group_size");
}

// A small model of one layer after the drafter's own; its features stand in the block after it.
TEST(Drafters, may_be_corrected_by_a_small_model) {
    auto builder = dflash_keys();
    builder.key("dflash.block_size", 4U).key("lilicorr.hidden_size", 64U).key("lilicorr.candidate_topk", 3U);
    builder.key("lilicorr.num_heads", 2U).key("lilicorr.num_layers", 1U).key("lilicorr.factor_dim", 16U);
    builder.key("lilicorr.mlp_hidden_size", 96U).key("lilicorr.vector_eps", 1e-6F).key("lilicorr.logit_scale", 1.0F);
    Tensors head = {{"lilicorr.slot_embedding.weight", {64, 3}},
                    {"lilicorr.rank_embedding.weight", {64, 3}},
                    {"lilicorr.attention_bias.bias", {9, 9, 2}},
                    {"lilicorr.output_norm.weight", {64}},
                    {"lilicorr.anchor_norm.weight", {64}},
                    {"blk.1.attn_norm.weight", {64}},
                    {"blk.1.ffn_norm.weight", {64}},
                    {"blk.2.ffn_norm.weight", {5}},
                    {"blk.2.ffn_norm.bias", {5}}};
    const auto affine = [&](const std::string& name, std::uint64_t inputs, std::uint64_t outputs) {
        head.push_back({name + ".weight", {inputs, outputs}});
        head.push_back({name + ".bias", {outputs}});
    };
    affine("lilicorr.token_proj", 128, 64);
    affine("lilicorr.pass_hidden_proj", 128, 64);
    affine("lilicorr.context_proj", 128, 64);
    affine("lilicorr.factor_input_proj", 192, 64);
    for (const char* const name : {"lilicorr.out_head", "lilicorr.in_head", "lilicorr.anchor_out_head"})
        affine(name, 64, 16);
    affine("lilicorr.layers.0.attn.in_proj", 64, 192);
    affine("blk.1.attn_output", 64, 64);
    affine("blk.1.ffn_up", 64, 96);
    affine("blk.1.ffn_down", 96, 64);
    affine("blk.2.ffn_up", 5, 64);
    affine("blk.2.ffn_down", 64, 64);
    EXPECT_EQ(refused_for(with(builder, dflash() + head, kAll)), "");
    for (const char* const name :
         {"lilicorr.layers.0.attn.in_proj.weight", "blk.2.ffn_norm.bias", "lilicorr.token_proj.weight"})
        EXPECT_EQ(refused_for(with(builder, dflash() + head, without(name))), name);
    EXPECT_EQ(refused_for(with(dflash_keys(), dflash() + head, kAll)), "lilicorr.slot_embedding.weight")
        << "keys make the head";
}

TEST(Drafters, may_be_blocks_of_latent_attention) {
    auto builder = dflash_keys();
    builder.key("dflash.attention.kv_lora_rank", 48U)
        .key("dflash.rope.dimension_count", 16U)
        .key("dflash.attention.key_length", 64U);
    builder.key("dflash.attention.key_length_mla", 40U).key("dflash.attention.value_length_mla", 24U);
    builder.key("dflash.attention.sliding_window", 512U).key("dflash.block_size", 5U);
    Tensors tensors = dflash_input();
    tensors.push_back({"mask_embd.weight", {128, 4}});
    append(tensors, "blk.0.",
           {{"attn_norm.weight", {128}},
            {"attn_q.weight", {128, 160}},
            {"attn_kv_a_mqa.weight", {128, 64}},
            {"attn_kv_a_norm.weight", {48}},
            {"attn_k_b.weight", {24, 48, 4}},
            {"attn_v_b.weight", {48, 24, 4}},
            {"attn_output.weight", {96, 128}}});
    append(tensors, "blk.0.", kNetwork);
    EXPECT_EQ(refused_for(with(builder, tensors, kAll)), "");
    EXPECT_EQ(refused_for(with(builder, tensors, without("mask_embd.weight"))), "mask_embd.weight");
}

Tensors eagle3() {
    Tensors all = {{"fc.weight", {288, 128}}, {"output_norm.weight", {128}}};
    append(all, "blk.0.",
           {{"attn_norm.weight", {128}},
            {"attn_norm_2.weight", {128}},
            {"attn_q.weight", {256, 128}},
            {"attn_k.weight", {256, 64}},
            {"attn_v.weight", {256, 64}},
            {"attn_output.weight", {128, 128}}});
    append(all, "blk.0.", kNetwork);
    return all;
}

TEST(Drafters, of_eagle_3_read_three_layers_of_their_target) {
    auto builder = one_block("eagle3");
    builder.key("eagle3.target_layers", std::vector<std::int32_t>{1, 4, 8}).key("eagle3.target_hidden_size", 96U);
    EXPECT_EQ(refused_for(with(builder, eagle3(), kAll)), "");
    EXPECT_EQ(refused_for(with(builder, eagle3() + Tensors{{"token_embd.weight", {128, 77}}}, kAll)), "")
        << "an embedding of its own may have any number of tokens";
    EXPECT_EQ(refused_for(with(builder, eagle3() + Tensors{{"enc.output_norm.weight", {288}}}, kAll)),
              "enc.output_norm.weight");
    builder.key("eagle3.norm_before_fc", true);
    EXPECT_EQ(refused_for(with(builder, eagle3() + Tensors{{"enc.output_norm.weight", {288}}}, kAll)), "");
}

}  // namespace
}  // namespace attnx::model
