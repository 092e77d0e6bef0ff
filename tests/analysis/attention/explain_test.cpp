// Known answers: one query and five keys (docs/known-answers.md), and arithmetic shown here.
#include "attnx/analysis/explain.h"

#include <gtest/gtest.h>

#include <cmath>

#include "attnx/base/error.h"

namespace attnx::analysis {
namespace {

WeightProblem documents_example() {
    return {.query = {.5, .8}, .keys = {{.1, .2}, {.7, .9}, {.5, .8}, {.3, .1}, {.2, .4}}, .scale = 1 / std::sqrt(2.0)};
}

TEST(Explain, works_the_documents_example_out_right) {
    const Explanation all = explain(documents_example());
    const double dots[] = {.21, 1.07, .89, .23, .42}, scaled[] = {.1485, .7566, .6293, .1626, .2970},
                 weights[] = {.1509, .2771, .2440, .1530, .1750};
    ASSERT_EQ(all.keys.size(), 5u);
    double sum = 0;
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(all.keys[i].dot, dots[i], 1e-12);
        EXPECT_NEAR(all.keys[i].scaled, scaled[i], 5e-5);
        EXPECT_NEAR(all.keys[i].weight, weights[i], 5e-5);
        EXPECT_NEAR(all.keys[i].exponent, std::exp(all.keys[i].scaled - all.keys[1].scaled), 1e-12);
        EXPECT_EQ(all.keys[i].key, i);
        sum += all.keys[i].exponent;
    }
    EXPECT_DOUBLE_EQ(all.sum, sum);
    EXPECT_DOUBLE_EQ(all.query_norm, std::sqrt(.25 + .64));
    EXPECT_FALSE(all.sink || all.output_norm || all.keys[0].value_norm);
}

TEST(Explain, caps_then_biases_then_shares_with_a_sink) {
    // scores 2 and 0; capped at 1: tanh(2) and 0; bias 0 and 1.
    const Explanation all = explain(
        {.query = {2}, .keys = {{1}, {0}}, .first_key = 7, .scale = 1, .softcap = 1.0, .biases = {0, 1}, .sink = 3.0});
    const double a = std::exp(std::tanh(2.0) - 3), b = std::exp(1.0 - 3), whole = a + b + 1;
    EXPECT_EQ(all.keys[0].key, 7u);
    EXPECT_DOUBLE_EQ(all.keys[0].capped, std::tanh(2.0));
    EXPECT_DOUBLE_EQ(all.most, 3);
    EXPECT_DOUBLE_EQ(all.keys[0].weight, a / whole);
    EXPECT_DOUBLE_EQ(all.keys[1].weight, b / whole);
    ASSERT_TRUE(all.sink);
    EXPECT_DOUBLE_EQ(all.sink->weight, 1 / whole);
}

TEST(Explain, adds_values_up_by_their_weights) {
    const Explanation all = explain({.query = {0}, .keys = {{1}, {2}}, .values = {{3, 0}, {0, 4}}});
    EXPECT_EQ(all.output, (Numbers{1.5, 2}));
    EXPECT_DOUBLE_EQ(all.output_norm.value_or(0), 2.5);
    EXPECT_DOUBLE_EQ(all.keys[0].value_norm.value_or(0), 3);
}

TEST(Explain, survives_scores_whose_exponentials_would_not_fit) {
    const Explanation all = explain({.query = {1000}, .keys = {{1}, {.999}, {-5}}});
    EXPECT_NEAR(all.keys[0].weight, 1 / (1 + std::exp(-1.0)), 1e-9);
    EXPECT_EQ(all.keys[2].weight, 0);
}

TEST(Explain, takes_a_product_apart_largest_part_first) {
    const auto products = products_of(Numbers{1, -3, 2, 0}, Numbers{2, 1, 1, 5});
    ASSERT_EQ(products.size(), 4u);
    EXPECT_EQ(products[0].dimension, 1u) << "-3 is larger than 2";
    EXPECT_EQ(products[0].product, -3);
    EXPECT_EQ(products[1].dimension, 0u) << "of equal ones the earlier";
    EXPECT_EQ(products[2].dimension, 2u);
    EXPECT_EQ(products[3].dimension, 3u);
}

TEST(Explain, refuses_what_does_not_go_together) {
    EXPECT_THROW(explain({.query = {1}}), Error);
    EXPECT_THROW(explain({.query = {1}, .keys = {{1, 2}}}), Error);
    EXPECT_THROW(explain({.query = {1}, .keys = {{1}}, .biases = {1, 2}}), Error);
    EXPECT_THROW(explain({.query = {1}, .keys = {{1}}, .values = {{1}, {2}}}), Error);
    EXPECT_THROW(explain({.query = {1}, .keys = {{1}, {2}}, .values = {{1}, {2, 3}}}), Error);
}

}  // namespace
}  // namespace attnx::analysis
