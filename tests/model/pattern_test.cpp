// Which layers slide, and which are recurrent: the ways in which files and architectures say it.
#include <gtest/gtest.h>

#include "tiny.h"

namespace attnx::model {
namespace {

using test::message_of;
using test::spec_of;
using test::Tiny;

// 'S' sliding, 'R' recurrent, '.' neither.
std::string picture(const ModelSpec& spec) {
    std::string text;
    for (const LayerSpec& layer : spec.layers) text += layer.sliding ? 'S' : layer.recurrent ? 'R' : '.';
    return text;
}

test::GgufBuilder windowed(const std::string& architecture, std::uint32_t layers,
                           std::optional<std::uint32_t> window = 512) {
    auto builder = Tiny{architecture, {"block_count"}}.builder();
    builder.key(architecture + ".block_count", layers);
    if (window) builder.key(architecture + ".attention.sliding_window", *window);
    return builder;
}

TEST(Windows, repeat_with_the_period_of_the_architecture) {
    EXPECT_EQ(picture(spec_of(windowed("gemma3", 8))), "SSSSS.SS") << "the last of each group is full";
    EXPECT_EQ(picture(spec_of(windowed("smallthinker", 8))), ".SSS.SSS") << "the first of each group is full";
    EXPECT_EQ(picture(spec_of(windowed("gemma2", 5))), "S.S.S");
}

TEST(Windows, are_absent_without_the_key_or_with_0) {
    EXPECT_EQ(picture(spec_of(windowed("gemma3", 8, std::nullopt))), "........");
    EXPECT_EQ(picture(spec_of(windowed("gemma3", 8, 0))), "........");
    EXPECT_EQ(spec_of(windowed("gemma3", 8, 0)).window.type, WindowType::none);
}

TEST(Windows, heed_a_scalar_pattern_as_a_period) {
    const std::pair<std::uint32_t, std::string> cases[] = {
        {0, "SSSSSS"}, {1, "......"}, {2, "S.S.S."}, {3, "SS.SS."}, {0xFFFFFFFF, "SSSSSS"}};
    for (const auto& [period, expected] : cases) {
        auto builder = windowed("gemma3", 6);
        builder.key("gemma3.attention.sliding_window_pattern", period);
        const ModelSpec spec = spec_of(builder);
        EXPECT_EQ(picture(spec), expected) << period;
        EXPECT_EQ(spec.memory.refusals.empty(), period != 1) << "llama.cpp asserts that some layer slides";
    }
}

TEST(Windows, take_an_array_literally_instead_of_a_period) {
    auto of_gemma = windowed("gemma3", 6);
    of_gemma.key("gemma3.attention.sliding_window_pattern", std::vector<bool>{false, true, false, true, false, true});
    EXPECT_EQ(picture(spec_of(of_gemma)), ".S.S.S");
    EXPECT_FALSE(message_of(spec_of(of_gemma).findings, FindingId::key_ignored));

    auto builder = windowed("mellum", 3);
    builder.key("mellum.expert_feed_forward_length", 64U);
    EXPECT_EQ(picture(spec_of(builder)), "SSS") << "three of four slide unless the key says otherwise";
    builder.key("mellum.attention.sliding_window_pattern", std::vector<std::int32_t>{0, 7, 1});
    EXPECT_EQ(picture(spec_of(builder)), ".SS");
    EXPECT_TRUE(spec_of(builder).memory.refusals.empty());
}

TEST(Windows, of_another_length_than_the_layers_are_reported) {
    auto builder = windowed("mellum", 3);
    builder.key("mellum.expert_feed_forward_length", 64U);
    builder.key("mellum.attention.sliding_window_pattern", std::vector<bool>{true});
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(picture(spec), "S..");
    EXPECT_TRUE(message_of(spec.findings, FindingId::array_length));
    EXPECT_TRUE(spec.key_refusals.empty()) << "llama.cpp takes the layers beyond the array as full";
}

TEST(Windows, of_llama_4_are_8192_chunks_unless_the_key_is_0) {
    for (const std::optional<std::uint32_t> window :
         {std::optional<std::uint32_t>{}, std::optional<std::uint32_t>{5}}) {
        auto builder = windowed("llama4", 4, window);
        builder.key("llama4.expert_feed_forward_length", 64U).key("llama4.interleave_moe_layer_step", 1U);
        const ModelSpec spec = spec_of(builder);
        EXPECT_EQ(picture(spec), "SSS.");
        EXPECT_EQ(spec.window.type, WindowType::chunked);
        EXPECT_EQ(spec.window.size, 8192U);
    }
    EXPECT_EQ(picture(spec_of(windowed("llama4", 4, 0))), "....");
}

TEST(Windows, of_exaone_4_depend_on_the_layer_count) {
    const ModelSpec small = spec_of(windowed("exaone4", 8));
    EXPECT_EQ(small.window.type, WindowType::none);
    EXPECT_EQ(small.window.size, 512U);
    EXPECT_EQ(picture(spec_of(windowed("exaone4", 64, std::nullopt))).substr(0, 5), "SSS.S");
}

TEST(Windows, of_phi_3_are_switched_off) {
    const ModelSpec spec = spec_of(windowed("phi3", 4));
    EXPECT_EQ(picture(spec), "....");
    EXPECT_EQ(spec.window.size, 0U);
    EXPECT_TRUE(message_of(spec.findings, FindingId::key_ignored));
}

TEST(Windows, have_head_dimensions_of_their_own) {
    auto builder = windowed("gemma3", 6);
    builder.key("gemma3.attention.key_length_swa", 16U)
        .key("gemma3.attention.value_length_swa", 24U)
        .key("gemma3.rope.dimension_count_swa", 8U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers[0].head_dim_k, 16U);
    EXPECT_EQ(spec.layers[0].head_dim_v, 24U);
    EXPECT_EQ(spec.layers[0].rope_dimensions, 8U);
    EXPECT_EQ(spec.layers[5].head_dim_k, 32U);
}

test::GgufBuilder delta_net(std::uint32_t layers) {
    auto builder = Tiny{"qwen3next", {"block_count"}}.builder();
    builder.key("qwen3next.block_count", layers);
    for (const char* key : {"conv_kernel", "inner_size", "state_size", "time_step_rank", "group_count"})
        builder.key(std::string("qwen3next.ssm.") + key, 4U);
    return builder;
}

TEST(Recurrence, follows_the_interval) {
    EXPECT_EQ(picture(spec_of(delta_net(9))), "RRR.RRR.R");
    auto two = delta_net(5);
    two.key("qwen3next.full_attention_interval", 2U);
    EXPECT_EQ(picture(spec_of(two)), "R.R.R");
}

TEST(Recurrence, survives_an_interval_of_0) {
    auto builder = delta_net(4);
    builder.key("qwen3next.full_attention_interval", 0U);
    EXPECT_FALSE(spec_of(builder).key_refusals.empty());
}

TEST(Recurrence, follows_flags_before_the_interval) {
    auto builder = delta_net(3);
    builder.key("qwen3next.full_attention_interval", 2U);
    builder.key("qwen3next.attention.recurrent_layers", std::vector<bool>{false, true, false});
    EXPECT_EQ(picture(spec_of(builder)), ".R.");
}

TEST(Recurrence, leaves_out_prediction_layers) {
    auto builder = delta_net(5);
    builder.key("qwen3next.nextn_predict_layers", 1U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(picture(spec), "RRR..");
    EXPECT_EQ(spec.layer_count, 4U);
    EXPECT_TRUE(spec.layers[4].next_token_prediction);
    ASSERT_TRUE(spec.memory_mtp);
    EXPECT_EQ(spec.memory_mtp->caches.at(0).layers.at(0).layer, 4U);
}

test::GgufBuilder gemma4(std::uint32_t shared, std::vector<bool> pattern) {
    auto builder = Tiny{"gemma4", {"block_count"}}.builder();
    builder.key("gemma4.block_count", static_cast<std::uint32_t>(pattern.size()))
        .key("gemma4.attention.sliding_window", 512U)
        .key("gemma4.attention.sliding_window_pattern", pattern)
        .key("gemma4.attention.shared_kv_layers", shared)
        .key("gemma4.embedding_length_per_layer_input", 0U)
        .key("gemma4.attention.key_length_swa", 32U)
        .key("gemma4.attention.value_length_swa", 32U);
    return builder;
}

TEST(SharedKv, points_at_the_last_owner_of_the_same_kind) {
    const ModelSpec spec = spec_of(gemma4(3, {true, true, true, false, true, true, false}));
    EXPECT_TRUE(spec.memory.refusals.empty());
    EXPECT_FALSE(spec.layers[3].kv_shared_with);
    EXPECT_EQ(spec.layers[4].kv_shared_with, 2U);
    EXPECT_EQ(spec.layers[6].kv_shared_with, 3U);
    EXPECT_FALSE(spec.layers[6].has_kv);
}

TEST(SharedKv, is_refused_when_the_owner_is_of_the_other_kind) {
    EXPECT_FALSE(spec_of(gemma4(2, {true, false, true, true, false})).memory.refusals.empty());
}

TEST(SharedKv, is_refused_when_fewer_than_two_layers_own) {
    for (const std::uint32_t shared : {2U, 3U, 4U, 0xFFFFFFFFU})
        EXPECT_FALSE(spec_of(gemma4(shared, {true, false, true})).key_refusals.empty()) << shared;
}

}  // namespace
}  // namespace attnx::model
