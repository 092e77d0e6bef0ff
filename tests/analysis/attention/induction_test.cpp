#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

// Of tokens 0 1 … n 1 … n, queries n + 1 to 2n find one key each: 1 / (i + 1).
TEST(Induction, of_uniform_attention_on_repeated_tokens_is_as_worked_out) {
    for (const std::uint32_t n : {1u, 2u, 7u, 50u})
        EXPECT_NEAR(value(uniform_on(repeated(n)), "induction"), (harmonic(2 * n + 1) - harmonic(n + 1)) / n, 1e-6);
    EXPECT_NEAR(value(uniform_on(repeated(50)), "induction"), .0136, 5e-5) << "docs/known-answers.md";
}

TEST(Induction, is_the_weight_on_what_followed_the_same_token) {
    const std::vector<std::uint32_t> ids = {7, 8, 7, 9, 7};
    const HeadMetrics head = metrics_of({{1}, {1}, {.2f, .3f, .5f}, {1}, {.1f, .2f, .3f, .15f, .25f}}, {5, ids});
    EXPECT_NEAR(value(head, "induction"), (.3 + (.2 + .15)) / 2, 1e-6) << "queries 2 and 4";
}

// Strict, with tokens that differ: A[i][i - n + 1] over the second copy.
TEST(Induction, is_the_diagonal_of_the_second_copy) {
    constexpr std::uint32_t n = 3;
    const auto ids = repeated(n);
    std::vector<std::vector<float>> rows;
    double expected = 0;
    for (std::uint32_t i = 0; i < ids.size(); ++i) {
        std::vector<float>& row = rows.emplace_back(i + 1);
        for (std::uint32_t j = 0; j <= i; ++j) row[j] = static_cast<float>(1 + 3 * j + i * j % 5) / 1024;
        if (i > n) expected += static_cast<double>(row[i - n + 1]) / n;
    }
    EXPECT_NEAR(value(metrics_of(rows, {0, ids}), "induction"), expected, 1e-9);
}

TEST(Induction, has_no_value_where_nothing_is_repeated) {
    EXPECT_EQ(value(uniform(5), "induction"), -1) << "tokens are not known";
    EXPECT_EQ(value(uniform_on({1, 2, 3}), "induction"), -1);
}

}  // namespace
}  // namespace attnx::analysis
