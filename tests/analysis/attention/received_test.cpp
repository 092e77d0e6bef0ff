#include <gtest/gtest.h>

#include "attnx/analysis/received.h"
#include "patterns.h"

namespace attnx::analysis {
namespace {

model::ModelSpec one_layer(std::uint32_t heads, bool sliding = false) {
    model::ModelSpec spec;
    spec.window = {model::WindowType::standard, 3};
    spec.layers.resize(1);
    spec.layers[0].head_count = heads;
    spec.layers[0].sliding = sliding;
    return spec;
}

Received told(const model::ModelSpec& spec, std::uint32_t tokens, const std::vector<float>& rows) {
    ReceivedSink sink(spec, tokens, {0});
    sink.attention_at_once(
        {.layer = 0, .head = 0, .first_query = 0, .query_count = tokens, .key_count = tokens, .weights = rows});
    return sink.take().at(0);
}

// Gu et al.'s alpha_k of TransformerLens' demo pattern.
TEST(Received, of_the_demo_pattern_is_as_worked_out_by_hand) {
    const auto head = told(one_layer(1), 4, {1, 0, 0, 0, .5f, .5f, 0, 0, .2f, .3f, .5f, 0, .1f, .15f, .5f, .25f})[0];
    EXPECT_NEAR(head[0], .45, 1e-6);
    EXPECT_NEAR(head[1], .95 / 3, 1e-6);
    EXPECT_NEAR(head[2], .5, 1e-6);
    EXPECT_NEAR(head[3], .25, 1e-6);
}

TEST(Received, of_uniform_attention_is_the_mean_of_1_over_n_from_k_on) {
    constexpr std::uint32_t kTokens = 16;
    std::vector<float> rows(kTokens * kTokens);
    for (std::uint32_t i = 0; i < kTokens; ++i)
        for (std::uint32_t j = 0; j <= i; ++j) rows[i * kTokens + j] = 1.0F / static_cast<float>(i + 1);
    const auto head = told(one_layer(2), kTokens, rows)[0];
    for (std::uint32_t k = 0; k < kTokens; ++k)
        EXPECT_NEAR(head[k], (harmonic(kTokens) - harmonic(k)) / (kTokens - k), 1e-6) << k;
}

TEST(Received, counts_the_queries_that_see_a_key) {
    EXPECT_EQ(queries_seeing({true, {}}, 4), (std::vector<std::uint32_t>{4, 3, 2, 1}));
    EXPECT_EQ(queries_seeing({false, {}}, 3), (std::vector<std::uint32_t>{3, 3, 3}));
    EXPECT_EQ(queries_seeing({true, {model::WindowType::standard, 3}}, 5), (std::vector<std::uint32_t>{3, 3, 3, 2, 1}));
    std::vector<float> rows(25);
    for (const std::size_t i : {0u, 1u, 2u}) rows[i * 5] = .5f;
    EXPECT_NEAR(told(one_layer(1, true), 5, rows)[0][0], .5, 1e-6) << "three see the first";
}

// Uniform attention pays 2 of ten (1/3 + … + 1/10) / 8.
TEST(Received, tells_the_token_that_is_paid_most_beside_the_first) {
    Received received(2, std::vector<double>(10, .1));
    received[0][0] = received[1][0] = .9;
    received[0][2] = .8;
    received[1][2] = .3;
    received[0][5] = received[1][5] = .9;  // five queries see it
    const std::vector<std::uint32_t> both = {0, 1}, second = {1};
    const auto found = secondary_sink(3, received, both, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->layer, 3u);
    EXPECT_EQ(found->position, 2u);
    EXPECT_NEAR(found->mass, .55, 1e-9);
    EXPECT_NEAR(found->uniform, (harmonic(10) - harmonic(2)) / 8, 1e-9);
    EXPECT_FALSE(secondary_sink(3, received, second, {})) << ".3 is not three times as much";
}

}  // namespace
}  // namespace attnx::analysis
