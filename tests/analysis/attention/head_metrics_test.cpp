#include "attnx/analysis/attention_metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <numbers>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(HeadMetrics, know_the_strongest_pair_beside_the_first_token_and_the_query) {
    const auto strongest = demo_pattern().strongest();
    ASSERT_TRUE(strongest);
    EXPECT_EQ(strongest->query, 3u);
    EXPECT_EQ(strongest->key, 2u);
    EXPECT_EQ(strongest->weight, .5f);
    EXPECT_FALSE(metrics_of({{1}, {.5f, .5f}}).strongest());
}

TEST(HeadMetrics, of_two_halves_merge_to_those_of_the_whole) {
    const Sequence sequence{4, {}};
    HeadMetrics a, b;
    a.add({0, std::vector<float>{1}, {0, 1}, sequence});
    a.add({1, std::vector<float>{.5f, .5f}, {0, 2}, sequence});
    b.add({2, std::vector<float>{.2f, .3f, .5f}, {0, 3}, sequence});
    b.add({3, std::vector<float>{.1f, .15f, .5f, .25f}, {0, 4}, sequence});
    a.merge(b);
    const HeadMetrics whole = demo_pattern();
    for (const AttentionMetric& metric : attention_metrics()) {
        ASSERT_EQ(a.value(metric).has_value(), whole.value(metric).has_value()) << metric.id;
        EXPECT_NEAR(a.value(metric).value_or(0), whole.value(metric).value_or(0), 1e-15) << metric.id;
    }
    EXPECT_EQ(a.rows(), 4u);
    EXPECT_EQ(a.strongest()->key, whole.strongest()->key);
}

TEST(HeadMetrics, leave_out_weights_that_are_no_numbers_and_count_them) {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    const HeadMetrics head = metrics_of({{1}, {nan, .5f}});
    EXPECT_EQ(head.not_finite(), 1u);
    EXPECT_EQ(value(head, "first_token"), 0.0);
    EXPECT_NEAR(value(head, "self"), .75, 1e-6);
    EXPECT_NEAR(value(head, "entropy"), .5 * std::numbers::ln2 / 2, 1e-6);
}

TEST(MetricsSink, measures_entropy_against_what_a_window_lets_see) {
    model::ModelSpec spec;
    spec.window = {model::WindowType::standard, 2};
    spec.layers.resize(1);
    spec.layers[0].sliding = true;
    spec.layers[0].head_count = 2;
    MetricsSink sink(spec, {3, {}}, {0});
    const std::vector<float> rows = {1, 0, 0, .5f, .5f, 0, 0, .5f, .5f};
    sink.attention_at_once(
        {.layer = 0, .head = 1, .first_query = 0, .query_count = 3, .key_count = 3, .weights = rows});
    ASSERT_EQ(sink.layers().at(0).size(), 2u);
    EXPECT_NEAR(value(sink.layers().at(0)[1], "relative_entropy"), 1.0, 1e-6);
    EXPECT_NEAR(value(sink.layers().at(0)[1], "entropy"), 2.0 / 3 * std::numbers::ln2, 1e-6);
    EXPECT_EQ(sink.layers().at(0)[0].rows(), 0u);
}

}  // namespace
}  // namespace attnx::analysis
