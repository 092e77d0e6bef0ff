#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(Sink, of_uniform_attention_is_the_mean_of_1_over_n) {
    for (const std::uint32_t tokens : kLengths)
        EXPECT_NEAR(value(uniform(tokens), "sink"), harmonic(tokens) / tokens, 1e-6);
}

TEST(Sink, counts_the_first_query_too) { EXPECT_NEAR(value(demo_pattern(), "sink"), .45, 1e-6); }

// Query 2 of a window of two sees keys 1 and 2.
TEST(Sink, leaves_out_queries_that_do_not_see_the_first_token) {
    const HeadMetrics head = uniform_metrics({3, {}}, {true, {model::WindowType::standard, 2}});
    EXPECT_NEAR(value(head, "sink"), (1 + .5) / 2, 1e-6);
    EXPECT_NEAR(value(head, "first_token"), (.5 + 0) / 2, 1e-6) << "which counts them";
}

}  // namespace
}  // namespace attnx::analysis
