#include "attnx/analysis/value_stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace attnx::analysis {
namespace {

NumberSource pieces(std::vector<std::vector<float>> all) {
    return [all = std::move(all)](const auto& take) {
        for (const auto& piece : all) take(piece);
    };
}

TEST(ValueStats, counts_and_measures_however_the_numbers_are_cut) {
    for (const auto& source : {pieces({{1, 2, 3, 4, 0, -2}}), pieces({{1}, {2, 3}, {}, {4, 0, -2}})}) {
        const ValueStats stats = value_stats(source, 3);
        EXPECT_EQ(stats.count, 6U);
        EXPECT_EQ(stats.zeros, 1U);
        EXPECT_EQ(*stats.min, -2);
        EXPECT_EQ(*stats.max, 4);
        EXPECT_DOUBLE_EQ(*stats.mean, 8.0 / 6);
        EXPECT_NEAR(*stats.standard_deviation, std::sqrt((1 + 4 + 9 + 16 + 0 + 4) / 6.0 - 64.0 / 36), 1e-12);
        ASSERT_EQ(stats.histogram.size(), 3U);  // [-2, 0), [0, 2), [2, 4]
        EXPECT_EQ(stats.histogram[0].count, 1U);
        EXPECT_EQ(stats.histogram[1].count, 2U);
        EXPECT_EQ(stats.histogram[2].count, 3U);
        EXPECT_EQ(stats.histogram[2].to, 4);
    }
}

TEST(ValueStats, keeps_nan_and_infinity_apart) {
    constexpr float kBoundless = std::numeric_limits<float>::infinity();
    const ValueStats stats = value_stats(pieces({{std::nanf(""), kBoundless, 5, -kBoundless, 7}}), 2);
    EXPECT_EQ(stats.count, 5U);
    EXPECT_EQ(stats.nans, 1U);
    EXPECT_EQ(stats.infinities, 2U);
    EXPECT_EQ(*stats.mean, 6);
    EXPECT_EQ(stats.histogram[0].count + stats.histogram[1].count, 2U);
}

TEST(ValueStats, says_nothing_of_numbers_that_are_not_there) {
    const ValueStats stats = value_stats(pieces({{std::nanf("")}}), 4);
    EXPECT_FALSE(stats.mean);
    EXPECT_TRUE(stats.histogram.empty());
}

TEST(ValueStats, has_one_bin_when_all_values_are_the_same) {
    const ValueStats stats = value_stats(pieces({{3, 3}, {3}}), 10);
    ASSERT_EQ(stats.histogram.size(), 1U);
    EXPECT_EQ(stats.histogram[0].count, 3U);
    EXPECT_EQ(*stats.standard_deviation, 0);
}

TEST(ValueStats, does_not_lose_the_deviation_of_numbers_far_from_zero) {
    const ValueStats stats = value_stats(pieces({{1e7F, 1e7F + 1}, {1e7F + 2}}), 3);
    EXPECT_NEAR(*stats.standard_deviation, std::sqrt(2.0 / 3), 1e-9);
}

}  // namespace
}  // namespace attnx::analysis
