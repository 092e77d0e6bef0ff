#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(Self, of_uniform_attention_is_the_mean_of_1_over_n) {
    for (const std::uint32_t tokens : kLengths)
        EXPECT_NEAR(value(uniform(tokens), "self"), harmonic(tokens) / tokens, 1e-6);
}

TEST(Self, is_the_mean_of_the_diagonal) { EXPECT_NEAR(value(demo_pattern(), "self"), (1 + .5 + .5 + .25) / 4, 1e-6); }

}  // namespace
}  // namespace attnx::analysis
