#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(First4, of_uniform_attention_is_four_times_the_mean_of_1_over_n_from_5_on) {
    for (const std::uint32_t tokens : {5u, 8u, 16u, 64u})
        EXPECT_NEAR(value(uniform(tokens), "first4"), 4 * (harmonic(tokens) - harmonic(4)) / (tokens - 4), 1e-6);
}

TEST(First4, counts_queries_after_the_fourth_only) {
    EXPECT_EQ(value(demo_pattern(), "first4"), -1) << "four tokens";
    EXPECT_NEAR(value(metrics_of({{1}, {1}, {1}, {1}, {.1f, .2f, .3f, .1f, .3f}}), "first4"), .7, 1e-6);
}

}  // namespace
}  // namespace attnx::analysis
