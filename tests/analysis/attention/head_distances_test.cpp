#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "attnx/analysis/head_distances.h"
#include "patterns.h"

namespace attnx::analysis {
namespace {

constexpr double kLn2 = std::numbers::ln2;

TEST(JensenShannon, is_0_for_the_same_and_ln_2_for_what_shares_nothing) {
    const std::vector<float> a = {.25f, .75f, 0}, b = {0, 0, 1};
    EXPECT_NEAR(jensen_shannon(a, a), 0, 1e-12);
    EXPECT_NEAR(jensen_shannon(a, b), kLn2, 1e-9);
    EXPECT_EQ(jensen_shannon(a, b), jensen_shannon(b, a));
}

// The pattern of docs/known-answers.md; row 2 by the definition: m = (p + q) / 2, half of KL(p|m) and of KL(q|m).
TEST(JensenShannon, of_the_demo_pattern_to_uniform_attention_is_as_worked_out) {
    const auto third = [](std::vector<float> row) {
        return jensen_shannon(row, std::vector<float>(row.size(), 1.0F / static_cast<float>(row.size())));
    };
    EXPECT_NEAR(third({.5f, .5f}), 0, 1e-9);
    double expected = 0;
    for (const double p : {.2, .3, .5}) {
        const double q = 1.0 / 3, m = (p + q) / 2;
        expected += (p * std::log(p / m) + q * std::log(q / m)) / 2;
    }
    EXPECT_NEAR(third({.2f, .3f, .5f}), expected, 1e-7);
    EXPECT_NEAR(third({.2f, .3f, .5f}), .017251, 1e-6);
    EXPECT_NEAR(third({.1f, .15f, .5f, .25f}), .044158, 1e-6);
}

TEST(JensenShannon, takes_what_goes_to_sinks_for_one_key_more) {
    EXPECT_NEAR(jensen_shannon(std::vector<float>{0, 0}, std::vector<float>{1, 0}), kLn2, 1e-9);
    EXPECT_NEAR(jensen_shannon(std::vector<float>{.5f}, std::vector<float>{.5f}), 0, 1e-12);
}

// Two blocks of queries: the mean is over both.
TEST(HeadDistances, are_means_over_queries_of_all_pairs) {
    model::ModelSpec spec;
    spec.layers.resize(1);
    spec.layers[0].head_count = 3;
    HeadDistanceSink sink(spec, {0});
    const std::vector<float> first[] = {{1, 0, 0}, {1, 0, 0}, {1, 0, 0}},
                             rest[] = {{0, 1, 0, 0, 0, 1}, {1, 0, 0, 1, 0, 0}, {0, 1, 0, 1, 0, 0}};
    for (std::uint32_t head = 0; head < 3; ++head) sink.attention({0, head, 0, 1, 3, first[head]});
    for (std::uint32_t head = 0; head < 3; ++head) sink.attention({0, head, 1, 2, 3, rest[head]});
    const std::vector<float> js = sink.take().at(0);
    const auto expect = [&](std::size_t a, std::size_t b, double value) {
        EXPECT_NEAR(static_cast<double>(js[a * 3 + b]), value, 1e-6) << a << " " << b;
        EXPECT_EQ(js[a * 3 + b], js[b * 3 + a]);
    };
    for (std::size_t a = 0; a < 3; ++a) expect(a, a, 0);
    expect(0, 1, 2 * kLn2 / 3);
    expect(0, 2, kLn2 / 3);
    expect(1, 2, kLn2 / 3);
}

}  // namespace
}  // namespace attnx::analysis
