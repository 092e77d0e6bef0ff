// Known answers: two layers of one pattern (docs/known-answers.md), and what follows from the definition.
#include "attnx/analysis/rollout.h"

#include <gtest/gtest.h>

#include <array>

#include "attnx/analysis/mean_map.h"

namespace attnx::analysis {
namespace {

using Square = std::vector<float>;

const Square kPattern = {1, 0, 0, 0, .5f, .5f, 0, 0, .2f, .3f, .5f, 0, .1f, .15f, .5f, .25f};
const Square kSelf = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};

// A layer's heads, told in two blocks of two queries, as a pass tells them.
void tell(trace::Sink& sink, std::uint32_t layer, const std::vector<Square>& heads) {
    for (std::uint32_t first = 0; first < 4; first += 2)
        for (std::uint32_t head = 0; head < heads.size(); ++head)
            sink.attention({layer, head, first, 2, 4, std::span(heads[head]).subspan(first * 4, 8)});
}

void expect_near(const std::vector<float>& rollout, const std::array<double, 16>& expected, double tolerance = 1e-7) {
    ASSERT_EQ(rollout.size(), 16u);
    for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(rollout[i], expected[i], tolerance) << i;
}

TEST(Rollout, of_two_layers_of_one_pattern_is_known) {
    RolloutSink sink({.tokens = 4, .heads = {{0, 1}, {1, 1}}, .kept = {1}});
    tell(sink, 0, {kPattern});
    tell(sink, 1, {kPattern});
    const auto rollout = sink.take();
    ASSERT_EQ(rollout.size(), 1u) << "after the layer asked for";
    expect_near(rollout.at(1), {1, 0, 0, 0, .4375, .5625, 0, 0, .2125, .225, .5625, 0, .125, .140625, .34375, .390625});
}

TEST(Rollout, takes_the_mean_of_heads_and_passes_layers_that_do_not_attend) {
    RolloutSink sink({.tokens = 4, .heads = {{0, 2}, {5, 1}}, .kept = {0, 5}});
    EXPECT_FALSE(sink.wants_attention(3));
    tell(sink, 0, {kPattern, kSelf});
    tell(sink, 5, {kSelf});
    const auto rollout = sink.take();
    // Half of each token is itself, half the mean of the two heads: 3/4 itself, 1/4 the pattern.
    std::array<double, 16> expected{};
    for (std::size_t i = 0; i < 16; ++i)
        expected[i] = .75 * static_cast<double>(kSelf[i]) + .25 * static_cast<double>(kPattern[i]);
    expect_near(rollout.at(0), expected);
    expect_near(rollout.at(5), expected);
}

TEST(Rollout, without_the_first_token_shares_out_what_is_left) {
    RolloutSink sink({.tokens = 4, .heads = {{0, 1}}, .kept = {0}, .drop_first = true});
    tell(sink, 0, {kPattern});
    // Row 3 is .1 .15 .5 .25: without the first .15 .5 .25 over .9; then half of that and half itself.
    expect_near(sink.take().at(0), {1, 0, 0, 0,                             //
                                    0, 1, 0, 0,                             //
                                    0, .5 * .3 / .8, .5 + .5 * .5 / .8, 0,  //
                                    0, .5 * .15 / .9, .5 * .5 / .9, .5 + .5 * .25 / .9});
}

TEST(Rollout, weighs_by_what_is_moved) {
    const std::vector<float> lengths = {0, 2, 1, 4};
    RolloutSink sink({.tokens = 4, .heads = {{0, 1}}, .kept = {0}, .lengths = [&](std::uint32_t, std::uint32_t) {
                          return std::span(lengths);
                      }});
    tell(sink, 0, {kPattern});
    // Row 3: 0 .3 .5 1 over 1.8.
    expect_near(sink.take().at(0), {1, 0, 0, 0,                               //
                                    0, 1, 0, 0,                               //
                                    0, .5 * .6 / 1.1, .5 + .5 * .5 / 1.1, 0,  //
                                    0, .5 * .3 / 1.8, .5 * .5 / 1.8, .5 + .5 * 1 / 1.8});
}

// Rows that keep a part for a sink (gpt-oss) are scaled with the token itself.
TEST(Rollout, of_rows_that_sum_to_less_than_one_still_sums_to_one) {
    Square half = kPattern;
    for (float& weight : half) weight *= .5f;
    RolloutSink sink({.tokens = 4, .heads = {{0, 1}}, .kept = {0}});
    tell(sink, 0, {half});
    const auto rollout = sink.take().at(0);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(rollout[i * 4] + rollout[i * 4 + 1] + rollout[i * 4 + 2] + rollout[i * 4 + 3], 1, 1e-6);
    EXPECT_NEAR(rollout[4], .25 / 1.5, 1e-7);
}

TEST(MeanMap, is_the_mean_of_the_heads_chosen) {
    MeanMapSink one(0, {1}, 4), both(0, {0, 2}, 4);
    for (MeanMapSink* sink : {&one, &both}) tell(*sink, 0, {kPattern, kSelf, kSelf});
    EXPECT_FALSE(one.wants_attention(1));
    EXPECT_TRUE(one.mean().single);
    for (std::size_t i = 0; i < 16; ++i) {
        EXPECT_EQ(one.mean().values[i], static_cast<double>(kSelf[i]));
        EXPECT_NEAR(both.mean().values[i], (static_cast<double>(kPattern[i]) + static_cast<double>(kSelf[i])) / 2,
                    1e-7);
    }
}

}  // namespace
}  // namespace attnx::analysis
