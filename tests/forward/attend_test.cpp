// Closed forms of docs/known-answers.md: with all scores equal, weights are 1 / (keys seen).
#include <gtest/gtest.h>

#include <cmath>

#include "../../src/forward/mixers/attend.h"
#include "attnx/base/error.h"
#include "attnx/trace/attention.h"

namespace attnx::forward {
namespace {

using model::AttentionPlan;
using model::WindowType;

constexpr std::uint32_t kTokens = 11;

AttentionPlan plan_of(std::uint32_t heads, std::uint32_t kv_heads, bool causal = true, model::WindowSpec window = {}) {
    AttentionPlan plan;
    plan.heads = heads;
    plan.kv_heads = kv_heads;
    plan.causal = causal;
    plan.window = window;
    return plan;
}

trace::AttentionMap uniform(AttentionPlan plan, std::vector<float> sinks = {}, std::vector<float> relative_bias = {}) {
    plan.dim_k = plan.dim_v = 4;
    const Matrix queries(kTokens, std::size_t{plan.heads} * 4), keys(kTokens, std::size_t{plan.kv_heads} * 4);
    Workers workers(2);
    trace::AttentionRecorder recorder;
    Pass pass{workers, recorder, 0, 0, false};
    attend(plan, queries, {keys.all(), keys.all()}, {sinks, relative_bias}, pass);
    return recorder.maps().at(0);
}

void expect_band(const trace::AttentionMap& map, std::uint32_t i, std::uint32_t first, std::uint32_t end,
                 double share) {
    for (std::uint32_t j = 0; j < kTokens; ++j) {
        EXPECT_NEAR(map.row(0, i)[j], j >= first && j < end ? share : 0.0, 1e-6) << "query " << i << " key " << j;
        if (j < first || j >= end) {
            EXPECT_EQ(map.row(0, i)[j], 0.0F);
        }
    }
}

TEST(Attend, spreads_equal_scores_over_the_past) {
    const auto map = uniform(plan_of(2, 1));
    EXPECT_EQ(map.heads(), 2u);
    for (std::uint32_t i = 0; i < kTokens; ++i) expect_band(map, i, 0, i + 1, 1.0 / (i + 1));
}

TEST(Attend, sees_everything_without_causality) {
    const auto map = uniform(plan_of(1, 1, false));
    for (std::uint32_t i = 0; i < kTokens; ++i) expect_band(map, i, 0, kTokens, 1.0 / kTokens);
}

TEST(Attend, sees_the_last_w_tokens_of_a_sliding_window) {
    const auto map = uniform(plan_of(1, 1, true, {WindowType::standard, 4}));
    for (std::uint32_t i = 0; i < kTokens; ++i)
        expect_band(map, i, i < 4 ? 0 : i - 3, i + 1, 1.0 / std::min(i + 1, 4U));
}

TEST(Attend, sees_its_own_chunk_only) {
    const auto map = uniform(plan_of(1, 1, true, {WindowType::chunked, 4}));
    for (std::uint32_t i = 0; i < kTokens; ++i) expect_band(map, i, i / 4 * 4, i + 1, 1.0 / (i % 4 + 1));
}

TEST(Attend, sees_half_a_symmetric_window_on_each_side) {
    const auto map = uniform(plan_of(1, 1, false, {WindowType::symmetric, 5}));
    for (std::uint32_t i = 0; i < kTokens; ++i) {
        const std::uint32_t first = i < 2 ? 0 : i - 2, end = std::min(kTokens, i + 3);
        expect_band(map, i, first, end, 1.0 / (end - first));
    }
}

TEST(Attend, leaves_a_sink_its_share) {
    const auto map = uniform(plan_of(1, 1), {0.7F});
    for (std::uint32_t i = 0; i < kTokens; ++i) expect_band(map, i, 0, i + 1, 1.0 / (i + 1 + std::exp(0.7)));
}

TEST(Attend, gives_keys_that_an_indexer_did_not_choose_no_weight) {
    AttentionPlan plan = plan_of(2, 1);
    plan.dim_k = plan.dim_v = 4;
    Chosen chosen{kTokens, kTokens, std::vector<std::uint8_t>(kTokens * kTokens, 0)};
    for (std::size_t i = 0; i < kTokens; ++i) chosen.kept[i * kTokens + i] = chosen.kept[i * kTokens + i / 2] = 1;
    const Matrix queries(kTokens, 8), keys(kTokens, 4);
    Workers workers(2);
    trace::AttentionRecorder recorder;
    Pass pass{workers, recorder, 0, 0, false};
    attend(plan, queries, {keys.all(), keys.all()}, {{}, {}, &chosen}, pass);
    for (std::uint32_t i = 0; i < kTokens; ++i)
        for (std::uint32_t j = 0; j < kTokens; ++j)
            EXPECT_EQ(recorder.maps().at(0).row(1, i)[j], j != i && j != i / 2 ? 0.0F : i == i / 2 ? 1.0F : 0.5F);
    chosen.keys = 3;
    EXPECT_THROW(attend(plan, queries, {keys.all(), keys.all()}, {{}, {}, &chosen}, pass), Error);
}

// Slopes of eight heads and a maximum of 8 are 1/2, 1/4 … 1/256 (arXiv 2108.12409, section 3).
TEST(Attend, lowers_scores_by_the_distance_under_alibi) {
    AttentionPlan plan = plan_of(8, 8);
    plan.max_alibi_bias = 8.0F;
    const auto map = uniform(plan);
    for (const std::uint32_t head : {0U, 2U, 7U}) {
        const double slope = std::pow(0.5, head + 1.0);
        EXPECT_NEAR(map.row(head, 5)[3] / map.row(head, 5)[5], std::exp(-2.0 * slope), 1e-5);
    }
}

// T5: near distances have buckets of their own, 0 … 3 before and 4 … 7 after, of eight.
TEST(Attend, adds_the_bias_of_the_distance) {
    std::vector<float> bias(8, 0.0F);
    bias[1] = 1.0F;  // one before
    bias[5] = 2.0F;  // one after
    AttentionPlan plan = plan_of(1, 1, false);
    plan.relative_buckets = 8;
    const auto map = uniform(plan, {}, bias);
    EXPECT_NEAR(map.row(0, 5)[4] / map.row(0, 5)[5], std::exp(1.0), 1e-4);
    EXPECT_NEAR(map.row(0, 5)[6] / map.row(0, 5)[5], std::exp(2.0), 1e-4);
}

}  // namespace
}  // namespace attnx::forward
