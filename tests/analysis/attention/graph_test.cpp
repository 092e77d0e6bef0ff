// Known answers: a random matrix of docs/known-answers.md and small matrices whose edges can be counted by hand.
#include "attnx/analysis/attention_graph.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace attnx::analysis {
namespace {

using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Pairs pairs_of(const std::vector<Edge>& edges) {
    Pairs pairs;
    for (const Edge& edge : edges) pairs.emplace_back(edge.source, edge.target);
    return pairs;
}

// numpy.random.seed(42); a = numpy.random.rand(8, 8); a / a.sum(axis=1, keepdims=True). rand is MT19937 with 53 bits.
SquareMatrix seed_42() {
    std::mt19937 generator(42);
    SquareMatrix matrix{.size = 8, .values = std::vector<double>(64)};
    for (double& value : matrix.values) {
        const std::uint32_t a = static_cast<std::uint32_t>(generator()) >> 5;
        const std::uint32_t b = static_cast<std::uint32_t>(generator()) >> 6;
        value = (a * 67108864.0 + b) / 9007199254740992.0;
    }
    for (std::uint32_t i = 0; i < 8; ++i) {
        double sum = 0;
        for (std::uint32_t j = 0; j < 8; ++j) sum += matrix.values[i * 8 + j];
        for (std::uint32_t j = 0; j < 8; ++j) matrix.values[i * 8 + j] /= sum;
    }
    return matrix;
}

TEST(AttentionGraph, counts_the_edges_of_the_documents_example_at_each_threshold) {
    const std::vector<double> thresholds = {0, .10, .15, .20, .25};
    const std::vector<std::uint64_t> expected = {64, 38, 27, 10, 3};
    EXPECT_EQ(edges_by_threshold(seed_42(), {}, thresholds), expected);
    for (std::size_t i = 0; i < thresholds.size(); ++i)
        EXPECT_EQ(attention_edges(seed_42(), {.threshold = thresholds[i]}).size(), expected[i]);
}

TEST(AttentionGraph, finds_the_five_strongest_pairs_of_the_documents_example) {
    const auto strongest = strongest_edges(attention_edges(seed_42(), {}), 5);
    EXPECT_EQ(pairs_of(strongest), (Pairs{{7, 6}, {5, 3}, {1, 3}, {0, 1}, {3, 1}}));
    const double expected[] = {.331422, .274387, .261453, .244263, .232846};
    for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(strongest[i].weight, expected[i], 5e-7);
}

const SquareMatrix kThree = {.size = 3, .values = {1, 0, 0, .5, .5, 0, .25, .5, .25}};

TEST(AttentionGraph, keeps_every_pair_row_by_row_unless_told_otherwise) {
    EXPECT_EQ(pairs_of(attention_edges(kThree, {})),
              (Pairs{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}}));
}

TEST(AttentionGraph, a_threshold_includes_what_equals_it_and_a_strict_one_does_not) {
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.threshold = .5})), (Pairs{{0, 0}, {1, 0}, {1, 1}, {2, 1}}));
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.threshold = .5, .strict = true})), (Pairs{{0, 0}}));
    EXPECT_EQ(attention_edges(kThree, {.threshold = 2}).size(), 0u);
}

TEST(AttentionGraph, leaves_out_itself_the_first_token_and_what_is_masked) {
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.self = false})),
              (Pairs{{0, 1}, {0, 2}, {1, 0}, {1, 2}, {2, 0}, {2, 1}}));
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.first = false})),
              (Pairs{{0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 1}, {2, 2}}));
    GraphOptions causal;
    causal.visible = [](std::uint32_t query, std::uint32_t key) { return key <= query; };
    EXPECT_EQ(attention_edges(kThree, causal).size(), 6u);
}

TEST(AttentionGraph, drops_what_is_no_number) {
    SquareMatrix matrix = kThree;
    matrix.values[4] = std::numeric_limits<double>::quiet_NaN();
    for (const EdgeMode mode : {EdgeMode::threshold, EdgeMode::mass, EdgeMode::top}) {
        const auto edges = attention_edges(matrix, {.mode = mode, .mass = 1, .top = 3});
        EXPECT_FALSE(edges.empty());
        for (const Edge& edge : edges) EXPECT_FALSE(edge.source == 1 && edge.target == 1);
    }
    EXPECT_EQ(edges_by_threshold(matrix, {}, std::vector<double>{0.0}).front(), 8u);
}

// 0.7f is 0.699999988…: asked for 0.7, a float that was written as 0.7 is in.
TEST(AttentionGraph, compares_floats_with_the_threshold_as_a_float) {
    SquareMatrix matrix = {.size = 1, .values = {static_cast<double>(0.7f)}};
    EXPECT_EQ(attention_edges(matrix, {.threshold = 0.7}).size(), 0u);
    matrix.single = true;
    EXPECT_EQ(attention_edges(matrix, {.threshold = 0.7}).size(), 1u);
    EXPECT_EQ(attention_edges(matrix, {.threshold = 0.7, .strict = true}).size(), 0u);
    EXPECT_EQ(edges_by_threshold(matrix, {}, std::vector<double>{0.7, 0.71}), (std::vector<std::uint64_t>{1, 0}));
}

// From the strongest on until the share is reached; .5 + .25 reaches .7 of 1, .5 alone does not.
TEST(AttentionGraph, mass_keeps_the_strongest_of_each_row_until_their_share_is_reached) {
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.mode = EdgeMode::mass, .mass = .7})),
              (Pairs{{0, 0}, {1, 0}, {1, 1}, {2, 0}, {2, 1}}))
        << "of equal weights the earlier key; zeros make up nothing";
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.mode = EdgeMode::mass, .mass = .5})), (Pairs{{0, 0}, {1, 0}, {2, 1}}))
        << "reached exactly";
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.mode = EdgeMode::mass, .mass = .5, .first = false})),
              (Pairs{{1, 1}, {2, 1}}))
        << "of what is left of a row";
    EXPECT_EQ(attention_edges(kThree, {.mode = EdgeMode::mass, .mass = 1}).size(), 6u);
}

TEST(AttentionGraph, top_keeps_the_k_strongest_of_each_row) {
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.mode = EdgeMode::top, .top = 1})), (Pairs{{0, 0}, {1, 0}, {2, 1}}));
    EXPECT_EQ(pairs_of(attention_edges(kThree, {.mode = EdgeMode::top, .top = 2, .threshold = .3})),
              (Pairs{{0, 0}, {1, 0}, {1, 1}, {2, 1}}))
        << "with a threshold beside";
    EXPECT_EQ(attention_edges(kThree, {.mode = EdgeMode::top, .top = 9}).size(), 9u);
}

TEST(AttentionGraph, equal_weights_keep_the_order_of_rows) {
    const auto strongest = strongest_edges(attention_edges(kThree, {.self = false}), 9);
    EXPECT_EQ(pairs_of(strongest), (Pairs{{1, 0}, {2, 1}, {2, 0}, {0, 1}, {0, 2}, {1, 2}}));
}

TEST(AttentionGraph, of_nothing_is_nothing) {
    EXPECT_TRUE(attention_edges({}, {}).empty());
    EXPECT_TRUE(strongest_edges({}, 5).empty());
}

}  // namespace
}  // namespace attnx::analysis
