#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

// One key of each query of the second copy.
TEST(Duplicate, of_uniform_attention_on_repeated_tokens_is_that_of_induction) {
    for (const std::uint32_t n : {1u, 2u, 7u, 50u})
        EXPECT_NEAR(value(uniform_on(repeated(n)), "duplicate"), (harmonic(2 * n + 1) - harmonic(n + 1)) / n, 1e-6);
}

TEST(Duplicate, is_the_weight_on_the_same_token_before) {
    const std::vector<std::uint32_t> ids = {7, 8, 7, 9, 7};
    const HeadMetrics head = metrics_of({{1}, {1}, {.2f, .3f, .5f}, {1}, {.1f, .2f, .3f, .15f, .25f}}, {5, ids});
    EXPECT_NEAR(value(head, "duplicate"), (.2 + (.1 + .3)) / 2, 1e-6) << "not diluted by queries 1 and 3";
    EXPECT_EQ(value(uniform_on({1, 2, 3}), "duplicate"), -1) << "nothing is repeated";
}

}  // namespace
}  // namespace attnx::analysis
