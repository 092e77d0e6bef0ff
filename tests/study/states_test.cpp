#include "attnx/study/states.h"

#include <gtest/gtest.h>

#include <cmath>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/loaded_model.h"
#include "support/sample.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

const std::vector<std::uint32_t> kFour = {1, 5, 9, 3};

// tools/sample_model.cpp: 18 places of +-1 (BOS instead one of 4.2426407), a constant 4, and noise of 0.1 on 90 places.
TEST(States, of_the_sample_begin_with_embeddings_as_long_as_they_are_built) {
    const auto file = gguf::File::open(test::kSample);
    const auto spec = model::build_spec(file);
    const MeasuredStates told = states(file, spec, prompt_of_text(file, spec, "the cat sat on the mat"), {});
    ASSERT_EQ(told.tokens.size(), 7u);
    EXPECT_EQ(told.tokens[2].piece, " cat");
    ASSERT_EQ(told.states.embedding.norm.size(), 7u);
    for (std::size_t t = 0; t < 7; ++t) {
        EXPECT_GT(told.states.embedding.norm[t], std::sqrt(18.0F + 16)) << t;
        EXPECT_LT(told.states.embedding.norm[t], std::sqrt(18.0F + 16 + 90 * .01F) + .01F) << t;
        EXPECT_NEAR(told.states.embedding.max[t], t == 0 ? 4.2426407 : 4, 2e-3) << t;
        EXPECT_NEAR(told.states.embedding.rms[t], told.states.embedding.norm[t] / std::sqrt(128.0), 1e-4);
    }
    EXPECT_EQ(told.states.blocks.size(), 4u);
    EXPECT_EQ(told.states.final_norm.size(), 7u);
    // The norm behind the last block has weights 1: every token is as long as the root of the width.
    for (const float norm : told.states.final_norm) EXPECT_NEAR(norm, std::sqrt(128.0F), 1e-3);
    ASSERT_EQ(told.states.layers.size(), 4u);
    EXPECT_EQ(told.states.layers.at(0).q.heads.size(), 4u);
    EXPECT_EQ(told.states.layers.at(0).k.heads.size(), 2u);
    // Layer 0, head 3 has W_Q = 0; head 0 turns sixteen pairs, each kSharp long.
    EXPECT_NEAR(told.states.layers.at(0).q.heads[3][4], 0, 1e-6);
    EXPECT_NEAR(told.states.layers.at(0).q.heads[0][4], 68 * 4, 68 * 4 * .02);
    EXPECT_TRUE(told.states.massive.empty());
}

TEST(States, are_told_by_the_pass_that_attention_is_looked_at_in) {
    const auto file = gguf::File::open(test::kSample);
    const auto spec = model::build_spec(file);
    const Prompt prompt = prompt_of_text(file, spec, "the cat sat on the mat");
    const analysis::States wanted = states(file, spec, prompt, {}).states;
    const analysis::States told = attend(file, spec, prompt, {.states = true}).states;
    ASSERT_EQ(told.blocks.size(), wanted.blocks.size());
    for (const auto& [layer, sizes] : wanted.blocks) {
        EXPECT_EQ(told.blocks.at(layer).norm, sizes.norm) << layer;
        EXPECT_EQ(told.layers.at(layer).k.heads, wanted.layers.at(layer).k.heads) << layer;
    }
    EXPECT_EQ(told.final_norm, wanted.final_norm);
    // Layers behind the last that is looked at are not run.
    EXPECT_EQ(attend(file, spec, prompt, {.heads = {{1, {0}}}, .states = true}).states.blocks.size(), 2u);
    EXPECT_TRUE(attend(file, spec, prompt, {}).states.blocks.empty());
}

TEST(States, are_of_the_layers_asked_for) {
    const test::LoadedModel model(test::TinyModel{.layers = 3}.bytes());
    StatesQuestion question;
    question.layers = {1};
    const MeasuredStates told = states(model.file, model.spec, {kFour, nullptr}, question);
    EXPECT_EQ(told.states.blocks.size(), 1u);
    EXPECT_EQ(told.states.layers.size(), 1u);
    EXPECT_EQ(told.states.embedding.norm.size(), 4u);
    EXPECT_EQ(told.states.final_norm.size(), 4u);
    question.layers = {1, 3};
    EXPECT_THROW(states(model.file, model.spec, {kFour, nullptr}, question), Error);
}

// One weight of the embedding of token 9 is 10^5 times the others: blocks add to it, and cannot hide it.
TEST(States, find_what_is_massive) {
    test::TinyModel tiny;
    tiny.change = [](std::string_view tensor, std::uint64_t index, float value) {
        if (tensor == "token_embd.weight" && index == 9 * 16 + 5) return 50'000.0F;
        return value;
    };
    const test::LoadedModel model(tiny.bytes());
    StatesQuestion question;
    question.massive.times_median = 100;
    const MeasuredStates told = states(model.file, model.spec, {kFour, nullptr}, question);
    ASSERT_EQ(told.states.massive.size(), 2u) << "one of each layer";
    for (const auto& one : told.states.massive) {
        EXPECT_EQ(one.token, 2u);
        EXPECT_EQ(one.dimension, 5u);
        EXPECT_NEAR(one.value, 50'000, 50);
    }
    question.massive.at_least = 100'000;
    EXPECT_TRUE(states(model.file, model.spec, {kFour, nullptr}, question).states.massive.empty());
}

TEST(States, say_where_numbers_are_none) {
    test::TinyModel tiny;
    tiny.change = [](std::string_view tensor, std::uint64_t index, float value) {
        return tensor == "blk.1.ffn_down.weight" && index == 0 ? std::numeric_limits<float>::quiet_NaN() : value;
    };
    const test::LoadedModel model(tiny.bytes());
    const MeasuredStates told = states(model.file, model.spec, {kFour, nullptr}, {});
    ASSERT_EQ(told.states.not_finite.size(), 1u);
    EXPECT_EQ(told.states.not_finite.begin()->first, 1u);
    EXPECT_TRUE(
        std::ranges::any_of(told.findings, [](const Finding& finding) { return finding.id == FindingId::not_finite; }));
}

TEST(States, refuse_before_they_run) {
    const test::LoadedModel model(test::TinyModel{}.bytes());
    StatesQuestion question;
    question.run.max_memory = 1024;
    EXPECT_THROW(states(model.file, model.spec, {kFour, nullptr}, question), Error);
}

}  // namespace
}  // namespace attnx::study
