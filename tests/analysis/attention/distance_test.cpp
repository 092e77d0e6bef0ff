#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

// Query i is i / 2 away from its keys on average.
TEST(Distance, of_uniform_attention_is_a_quarter_of_the_way) {
    for (const std::uint32_t tokens : kLengths)
        EXPECT_NEAR(value(uniform(tokens), "distance"), (tokens - 1) / 4.0, 1e-5);
}

TEST(Distance, is_weighed_by_what_a_row_has) {
    const double moments = .5 + (.2 * 2 + .3) + (.1 * 3 + .15 * 2 + .5);
    EXPECT_NEAR(value(demo_pattern(), "distance"), moments / 4, 1e-6);
    EXPECT_NEAR(value(metrics_of({{1}, {.25f, .25f}}), "distance"), .25 / 1.5, 1e-6);
}

TEST(Distance, is_as_far_to_later_keys) {
    const Sequence sequence{2, {}};
    HeadMetrics head;
    head.add({0, std::vector<float>{0, 1}, {0, 2}, sequence});
    head.add({1, std::vector<float>{1, 0}, {0, 2}, sequence});
    EXPECT_EQ(value(head, "distance"), 1.0);
}

}  // namespace
}  // namespace attnx::analysis
