#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

// The diagonal that starts at query n - 1: n + 2 cells of a probe with BOS.
TEST(InductionLoose, of_uniform_attention_is_the_mean_of_its_diagonal) {
    for (const std::uint32_t n : {1u, 2u, 7u, 50u})
        EXPECT_NEAR(value(uniform_on(repeated(n), n), "induction_loose"),
                    (harmonic(2 * n + 1) - (n > 1 ? harmonic(n - 1) : 0)) / (n + 2), 1e-6);
}

TEST(InductionLoose, has_no_value_but_in_a_probe) { EXPECT_EQ(value(uniform_on(repeated(4)), "induction_loose"), -1); }

TEST(InductionLoose, of_the_demo_pattern_with_two_repeated_is_the_line_below_the_diagonal) {
    Sequence sequence;
    sequence.repeat = 2;
    const HeadMetrics head = metrics_of({{1}, {.5f, .5f}, {.2f, .3f, .5f}, {.1f, .15f, .5f, .25f}}, sequence);
    EXPECT_NEAR(value(head, "induction_loose"), (.5 + .3 + .5) / 3, 1e-6);
}

}  // namespace
}  // namespace attnx::analysis
