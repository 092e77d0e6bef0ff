// How the layers of a specification attend: masks, scales, rotations, and what stands where attention does not.
#include <gtest/gtest.h>

#include <cmath>

#include "tiny.h"

namespace attnx::model {
namespace {

using test::spec_of;
using test::Tiny;

// Of the first layer, for heads of 32.
float scale_of(const test::GgufBuilder& builder) { return spec_of(builder).layers.at(0).score_scale; }

TEST(SpecOfLayers, knows_how_scores_are_scaled) {
    EXPECT_FLOAT_EQ(scale_of(Tiny{"llama"}.builder()), 1 / std::sqrt(32.0F));
    EXPECT_EQ(scale_of(Tiny{"gemma3n"}.builder()), 1.0F);
    EXPECT_FLOAT_EQ(scale_of(Tiny{"jais"}.builder()), 1 / 32.0F);
    auto granite = Tiny{"granite"}.builder();
    granite.key("granite.logit_scale", 8.0F).key("granite.attention.scale", 0.015625F);
    EXPECT_EQ(scale_of(granite), 0.015625F);
    auto large = Tiny{"gemma2", {"block_count"}}.builder();
    large.key("gemma2.block_count", 46U).key("gemma2.attention.key_length", 8U);
    EXPECT_FLOAT_EQ(scale_of(large), 0.1767767F) << "1 / sqrt(128 / 4)";
    EXPECT_NEAR(scale_of(Tiny{"grok"}.builder()), 0.0883883, 1e-6);
    EXPECT_EQ(spec_of(Tiny{"mamba"}.builder()).layers.at(0).score_scale, 0.0F) << "nothing attends";
}

TEST(SpecOfLayers, scales_scores_by_rotated_dimensions_where_llama_cpp_does) {
    for (const char* architecture : {"bailingmoe", "gpt-oss"}) {
        auto builder = Tiny{architecture}.builder();
        builder.key(std::string(architecture) + ".rope.dimension_count", 16U);
        EXPECT_FLOAT_EQ(scale_of(builder), 0.25F) << architecture;
    }
}

// YaRN's length of a context grown fourfold, 1 + 0.1 ln 4, squared (models/deepseek2.cpp); the multiplier is stored as
// a tenth.
TEST(SpecOfLayers, scales_scores_of_latent_attention_by_yarn_s_length_squared) {
    for (const char* architecture : {"deepseek2", "mistral4"}) {
        const std::string prefix = architecture;
        auto builder = Tiny{architecture}.builder();
        builder.key(prefix + ".attention.kv_lora_rank", 32U)
            .key(prefix + ".attention.key_length_mla", 64U)
            .key(prefix + ".attention.value_length_mla", 64U)
            .key(prefix + ".rope.scaling.type", "yarn")
            .key(prefix + ".rope.scaling.factor", 4.0F)
            .key(prefix + ".rope.scaling.yarn_log_multiplier", 0.1F);
        const double length = 1 + 0.1 * std::log(4.0);
        EXPECT_NEAR(scale_of(builder), length * length / 8, 1e-6) << architecture;
    }
}

TEST(SpecOfLayers, tells_what_the_key_says_of_causality_from_what_is_run) {
    const ModelSpec bert = spec_of(Tiny{"bert"}.builder());
    EXPECT_FALSE(bert.causal) << "run without a mask";
    EXPECT_TRUE(bert.memory.causal) << "llama.cpp's hyper-parameter, by default";
    EXPECT_FALSE(spec_of(Tiny{"dream"}.builder()).memory.causal);
    auto llama = Tiny{"llama"}.builder();
    llama.key("llama.attention.causal", false);
    EXPECT_FALSE(spec_of(llama).causal);
}

TEST(SpecOfLayers, rotates_sliding_layers_by_their_own_base_where_it_has_one) {
    const auto bases = [](const char* architecture) {
        const std::string prefix = architecture;
        auto builder = Tiny{architecture}.builder();
        builder.key(prefix + ".rope.freq_base", 5e5F)
            .key(prefix + ".rope.freq_base_swa", 2e4F)
            .key(prefix + ".attention.sliding_window", 64U)
            .key(prefix + ".attention.sliding_window_pattern", 2U);
        const ModelSpec spec = spec_of(builder);
        const LayerSpec& sliding = spec.layers.at(spec.layers[0].sliding ? 0 : 1);
        EXPECT_TRUE(sliding.sliding);
        EXPECT_EQ(sliding.rotation->base, *spec.rope.freq_base_sliding) << architecture;
        return *spec.rope.freq_base_sliding;
    };
    for (const char* own : {"gemma2", "gemma3", "mellum", "gpt-oss", "laguna"}) EXPECT_EQ(bases(own), 2e4F) << own;
    for (const char* model : {"cohere2", "olmo2", "exaone-moe"}) EXPECT_EQ(bases(model), 5e5F) << model;
}

TEST(SpecOfLayers, heeds_yarn_s_keys_where_the_row_reads_them) {
    const auto beta_fast = [](const char* architecture) {
        const std::string prefix = architecture;
        auto builder = Tiny{architecture}.builder();
        builder.key(prefix + ".rope.scaling.type", "yarn")
            .key(prefix + ".rope.scaling.factor", 4.0F)
            .key(prefix + ".rope.scaling.yarn_beta_fast", 16.0F);
        return spec_of(builder).layers.at(0).rotation->beta_fast;
    };
    for (const char* reads : {"laguna", "mistral3", "grok"}) EXPECT_EQ(beta_fast(reads), 16.0F) << reads;
    EXPECT_EQ(beta_fast("llama"), 32.0F);
    EXPECT_EQ(spec_of(Tiny{"grok"}.builder()).layers.at(0).rotation->beta_fast, 8.0F);
}

TEST(SpecOfLayers, knows_which_layers_rotate) {
    const auto rotated = [](const test::GgufBuilder& builder) {
        std::string text;
        for (const LayerSpec& layer : spec_of(builder).layers) text += layer.rotation ? 'r' : '-';
        return text;
    };
    const auto of = [](const char* architecture, std::uint32_t layers) {
        auto builder = Tiny{architecture, {"block_count"}}.builder();
        builder.key(std::string(architecture) + ".block_count", layers);
        return builder;
    };
    EXPECT_EQ(rotated(of("llama", 5)), "rrrrr");
    EXPECT_EQ(rotated(of("smollm3", 5)), "rrr-r");
    EXPECT_EQ(rotated(of("llama4", 5)), "rrr-r");
    auto without_window = of("llama4", 5);
    without_window.key("llama4.attention.sliding_window", 0U);
    EXPECT_EQ(rotated(without_window), "rrrr-");
    EXPECT_EQ(rotated(of("baichuan", 32)), std::string(32, 'r'));
    EXPECT_EQ(rotated(of("baichuan", 40)), std::string(40, '-'));
    auto granite = of("granite", 2);
    granite.key("granite.rope.scaling.finetuned", false);
    EXPECT_EQ(rotated(granite), "--");
    EXPECT_EQ(rotated(of("bloom", 2)), "--");
}

TEST(SpecOfLayers, tells_layers_without_attention_from_those_with_one_matrix_in_its_place) {
    auto builder = Tiny{"deci", {"block_count", "attention.head_count", "attention.head_count_kv"}}.builder();
    builder.key("deci.block_count", 3U)
        .key("deci.attention.head_count", std::vector<std::uint32_t>{4, 4, 0})
        .key("deci.attention.head_count_kv", std::vector<std::uint32_t>{2, 0, 0});
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers.at(0).kind, LayerKind::attention);
    EXPECT_EQ(spec.layers.at(1).kind, LayerKind::linear);
    EXPECT_EQ(spec.layers.at(2).kind, LayerKind::feed_forward);
}

}  // namespace
}  // namespace attnx::model
