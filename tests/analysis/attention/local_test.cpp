#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

// Query i pays 1 / (i + 1) to each of min(i, 5) keys: i / (i + 1) = 1 - 1 / (i + 1) up to i = 4, then 5 / (i + 1).
TEST(Local, of_uniform_attention_is_what_five_keys_have) {
    for (const std::uint32_t tokens : {8u, 16u, 64u}) {
        const double near = 4 - (harmonic(5) - 1), far = 5 * (harmonic(tokens) - harmonic(5));
        EXPECT_NEAR(value(uniform(tokens), "local"), (near + far) / (tokens - 1), 1e-6);
    }
}

TEST(Local, leaves_out_the_first_token_and_what_is_five_back) {
    EXPECT_NEAR(value(demo_pattern(), "local"), (.5 + .8 + .9) / 3, 1e-6);
    const Sequence sequence{7, {}};
    HeadMetrics head;
    head.add({6, std::vector<float>{.3f, .2f, .1f, .1f, .1f, .1f, .1f}, {0, 7}, sequence});
    EXPECT_NEAR(value(head, "local"), .5, 1e-6) << "keys 2 to 6";
    EXPECT_EQ(value(metrics_of({{1}}), "local"), -1) << "the first query sees nothing else";
}

}  // namespace
}  // namespace attnx::analysis
