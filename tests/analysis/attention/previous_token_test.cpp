#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(PreviousToken, of_uniform_attention_is_the_mean_of_1_over_n_from_2_on) {
    for (const std::uint32_t tokens : kLengths)
        EXPECT_NEAR(value(uniform(tokens), "previous_token"), (harmonic(tokens) - 1) / (tokens - 1), 1e-6);
}

TEST(PreviousToken, is_the_mean_of_the_line_below_the_diagonal) {
    EXPECT_NEAR(value(demo_pattern(), "previous_token"), (.5 + .3 + .5) / 3, 1e-6);
    EXPECT_EQ(value(metrics_of({{1}}), "previous_token"), -1) << "there is none";
}

}  // namespace
}  // namespace attnx::analysis
