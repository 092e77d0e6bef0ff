#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(FirstToken, of_uniform_attention_is_the_mean_of_1_over_n_from_2_on) {
    for (const std::uint32_t tokens : kLengths)
        EXPECT_NEAR(value(uniform(tokens), "first_token"), (harmonic(tokens) - 1) / (tokens - 1), 1e-6);
}

TEST(FirstToken, counts_queries_after_the_first_only) {
    EXPECT_NEAR(value(demo_pattern(), "first_token"), (.5 + .2 + .1) / 3, 1e-6);
    EXPECT_EQ(value(metrics_of({{1}}), "first_token"), -1) << "there is none";
}

}  // namespace
}  // namespace attnx::analysis
