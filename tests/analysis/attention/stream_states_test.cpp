#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "attnx/analysis/stream_states.h"

namespace attnx::analysis {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(StreamStates, are_sizes_of_vectors) {
    const std::vector<float> v = {3, -4, 0, 12};
    EXPECT_EQ(length_of(v), 13);
    EXPECT_EQ(magnitude_of(v), 12);
    EXPECT_EQ(median_magnitude(v), 3.5) << "of 0 3 4 12";
    EXPECT_EQ(median_magnitude(std::vector<float>{-5, 1, 2}), 2);
    EXPECT_EQ(root_mean_square(v), 6.5) << "13 / 2";
    EXPECT_TRUE(std::isnan(magnitude_of(std::vector<float>{1, kNan, 2})));
    EXPECT_TRUE(std::isnan(median_magnitude(std::vector<float>{1, kNan, 2})));
}

TEST(StreamStates, are_gathered_token_by_token_in_parts) {
    StateSink sink({1}, {});
    sink.embedding(std::vector<float>{1, 0, 0, 2}, 2);
    EXPECT_FALSE(sink.wants_block_output(0));
    sink.block_output(1, std::vector<float>{3, 4}, 2);
    sink.block_output(1, std::vector<float>{6, -8, 0, 1}, 2);
    sink.final_norm(std::vector<float>{0, 5}, 2);
    const States states = sink.take();
    EXPECT_EQ(states.embedding.norm, (std::vector<float>{1, 2}));
    EXPECT_EQ(states.blocks.at(1).norm, (std::vector<float>{5, 10, 1}));
    EXPECT_EQ(states.blocks.at(1).max, (std::vector<float>{4, 8, 1}));
    EXPECT_EQ(states.blocks.at(1).median, (std::vector<float>{3.5f, 7, .5f}));
    EXPECT_EQ(states.final_norm, (std::vector<float>{5}));
}

// Two heads of two dimensions; the mean of lengths is not the length of the mean.
TEST(StreamStates, have_lengths_of_heads_and_of_their_mean) {
    const std::vector<float> q = {3, 4, 0, 10}, k = {3, 4, -3, -4, 6, 8, 0, 0}, v = {1, 0, 0, 1};
    StateSink sink({0}, {});
    sink.vectors({.layer = 0,
                  .tokens = 1,
                  .queries = {q, 4, 2, 2},
                  .keys = {std::span<const float>(k).first(4), 4, 2, 2},
                  .values = {v, 4, 2, 2},
                  .query_factor = .5f});
    const States states = sink.take();
    const LayerNorms& layer = states.layers.at(0);
    EXPECT_EQ(layer.q.heads, (std::vector<std::vector<float>>{{10}, {20}})) << "without the scale they carry";
    EXPECT_EQ(layer.q.mean(), (std::vector<float>{15}));
    EXPECT_EQ(layer.k.heads, (std::vector<std::vector<float>>{{5}, {5}}));
    EXPECT_EQ(layer.k.mean(), (std::vector<float>{5}));
    EXPECT_EQ(layer.k.of_mean, (std::vector<float>{0}));
    EXPECT_NEAR(layer.v.of_mean[0], std::sqrt(.5), 1e-6);
}

TEST(StreamStates, name_the_largest_of_what_is_massive) {
    std::vector<float> stream(100, .1f);
    stream[7] = 150;    // token 0, dimension 7
    stream[64] = -400;  // token 1, dimension 14
    stream[99] = 90;    // 900 times, and below 100
    StateSink sink({3}, {.at_least = 100, .times_median = 1000, .most_per_layer = 2});
    sink.block_output(3, stream, 50);
    const States states = sink.take();
    ASSERT_EQ(states.massive.size(), 2u);
    EXPECT_EQ(states.massive[0].layer, 3u);
    EXPECT_EQ(states.massive[0].token, 1u);
    EXPECT_EQ(states.massive[0].dimension, 14u);
    EXPECT_EQ(states.massive[0].value, -400.0F);
    EXPECT_NEAR(states.massive[0].times_median, 4000, .1);
    EXPECT_EQ(states.massive[1].value, 150.0F);
    StateSink strict({3}, {.at_least = 100, .times_median = 2000, .most_per_layer = 2});
    strict.block_output(3, stream, 50);
    EXPECT_EQ(strict.take().massive.size(), 1u);
}

TEST(StreamStates, count_numbers_that_are_none) {
    StateSink sink({0}, {});
    sink.block_output(0, std::vector<float>{1, kNan, 2, 3}, 2);
    const States states = sink.take();
    EXPECT_EQ(states.not_finite.at(0), 1u);
    EXPECT_TRUE(std::isnan(states.blocks.at(0).norm[0]));
    EXPECT_TRUE(states.massive.empty());
}

}  // namespace
}  // namespace attnx::analysis
