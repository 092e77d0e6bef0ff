#include "attnx/analysis/attention_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "attnx/model/visible.h"

namespace attnx::analysis {
namespace {

// The pattern of TransformerLens' head-detector demo; its figures worked out in the design (attention-metrics.md, E2).
HeadMetrics demo_pattern() {
    HeadMetrics metrics;
    const std::vector<std::vector<float>> rows = {{1}, {.5f, .5f}, {.2f, .3f, .5f}, {.1f, .15f, .5f, .25f}};
    for (std::uint32_t i = 0; i < rows.size(); ++i) metrics.add(i, rows[i], i + 1);
    return metrics;
}

TEST(HeadMetrics, of_the_demo_pattern_are_as_worked_out_by_hand) {
    const HeadMetrics m = demo_pattern();
    EXPECT_NEAR(m.entropy(), 0.732693, 1e-6);
    EXPECT_NEAR(m.self(), 0.5625, 1e-6);
    EXPECT_NEAR(m.previous_token(), 0.433333, 1e-6);
    EXPECT_NEAR(m.first_token(), (0.5 + 0.2 + 0.1) / 3, 1e-6);
    EXPECT_NEAR(m.distance(), 0.575, 1e-6);
    EXPECT_NEAR(m.missing(), 0.0, 1e-6);
    ASSERT_TRUE(m.strongest());
    EXPECT_EQ(m.strongest()->query, 3u);
    EXPECT_EQ(m.strongest()->key, 2u);
}

struct Uniform {
    std::uint32_t tokens;
    double self, previous, distance, entropy;
};

// A[i][j] = 1 / (i + 1): the closed forms tabulated in the design (attention-metrics.md, 1).
TEST(HeadMetrics, of_uniform_attention_follow_the_closed_forms) {
    for (const Uniform& u : {Uniform{5, .4567, .3208, 1.00, .9575}, Uniform{8, .3397, .2454, 1.75, 1.3256},
                             Uniform{16, .2113, .1587, 3.75, 1.9170}, Uniform{64, .0741, .0594, 15.75, 3.2058}}) {
        HeadMetrics m;
        for (std::uint32_t i = 0; i < u.tokens; ++i)
            m.add(i, std::vector<float>(i + 1, 1.0f / static_cast<float>(i + 1)), i + 1);
        EXPECT_NEAR(m.self(), u.self, 1e-4);
        EXPECT_NEAR(m.previous_token(), u.previous, 1e-4);
        EXPECT_NEAR(m.distance(), u.distance, 1e-4);
        EXPECT_NEAR(m.entropy(), u.entropy, 1e-4);
        EXPECT_NEAR(m.relative_entropy(), 1.0, 1e-6);
    }
}

TEST(HeadMetrics, keep_rows_of_models_with_sinks_as_they_are) {
    HeadMetrics m;
    m.add(0, std::vector<float>{0.5f}, 1);
    m.add(1, std::vector<float>{0.25f, 0.25f}, 2);
    EXPECT_NEAR(m.missing(), 0.5, 1e-6);
    EXPECT_NEAR(m.self(), 0.375, 1e-6);
}

TEST(HeadMetrics, of_two_halves_merge_to_those_of_the_whole) {
    HeadMetrics a, b;
    a.add(0, std::vector<float>{1}, 1);
    a.add(1, std::vector<float>{.5f, .5f}, 2);
    b.add(2, std::vector<float>{.2f, .3f, .5f}, 3);
    b.add(3, std::vector<float>{.1f, .15f, .5f, .25f}, 4);
    a.merge(b);
    const HeadMetrics whole = demo_pattern();
    EXPECT_DOUBLE_EQ(a.entropy(), whole.entropy());
    EXPECT_DOUBLE_EQ(a.relative_entropy(), whole.relative_entropy());
    EXPECT_DOUBLE_EQ(a.distance(), whole.distance());
    EXPECT_EQ(a.strongest()->key, whole.strongest()->key);
}

TEST(MetricsSink, measures_entropy_against_what_a_window_lets_see) {
    model::ModelSpec spec;
    spec.window = {model::WindowType::standard, 2};
    spec.layers.resize(1);
    spec.layers[0].sliding = true;
    MetricsSink sink(spec, 3, {0});
    const std::vector<float> rows = {1, 0, 0, .5f, .5f, 0, 0, .5f, .5f};
    sink.attention({.layer = 0, .head = 1, .first_query = 0, .query_count = 3, .key_count = 3, .weights = rows});
    ASSERT_EQ(sink.layers().at(0).size(), 2u);
    EXPECT_NEAR(sink.layers().at(0)[1].relative_entropy(), 1.0, 1e-6);
    EXPECT_NEAR(sink.layers().at(0)[1].entropy(), 2.0 / 3 * std::numbers::ln2, 1e-6);
    EXPECT_EQ(sink.layers().at(0)[0].rows(), 0u);
}

// Equal weights are the most that a row can have, whatever the mask.
TEST(MetricsSink, never_finds_more_entropy_than_there_can_be) {
    for (const bool causal : {true, false})
        for (const model::WindowType type :
             {model::WindowType::none, model::WindowType::standard, model::WindowType::symmetric}) {
            constexpr std::uint32_t kTokens = 9;
            model::ModelSpec spec;
            spec.causal = causal;
            spec.window = {type, 4};
            spec.layers.resize(1);
            spec.layers[0].sliding = true;
            std::vector<float> rows;
            for (std::uint32_t i = 0; i < kTokens; ++i) {
                const auto seen = visible_keys(mask_of(spec, spec.layers[0]), i, kTokens);
                for (std::uint32_t j = 0; j < kTokens; ++j)
                    rows.push_back(seen.contains(j) ? 1.0f / static_cast<float>(seen.count()) : 0.0f);
            }
            MetricsSink sink(spec, kTokens, {0});
            sink.attention({.layer = 0,
                            .head = 0,
                            .first_query = 0,
                            .query_count = kTokens,
                            .key_count = kTokens,
                            .weights = rows});
            EXPECT_NEAR(sink.layers().at(0)[0].relative_entropy(), 1.0, 1e-6)
                << to_string(type) << " causal " << causal;
        }
}

}  // namespace
}  // namespace attnx::analysis
