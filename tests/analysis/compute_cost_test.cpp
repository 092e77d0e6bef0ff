#include "attnx/analysis/compute_cost.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "attnx/base/error.h"

namespace attnx::analysis {
namespace {

using model::LayerSpec;
using model::ModelSpec;
using model::WindowType;

// One attention layer; the plan multiplies each token with as many elements as the geometry says.
struct Small {
    ModelSpec spec;
    model::ComputePlan plan;
};

Small small(std::uint32_t heads, std::uint32_t kv_heads, std::uint32_t dim, std::uint32_t width) {
    Small s;
    s.spec.embedding_length = width;
    LayerSpec layer;
    layer.head_count = heads;
    layer.head_count_kv = kv_heads;
    layer.head_dim_k = layer.head_dim_v = dim;
    s.spec.layers = {layer};
    model::LayerWeights weights;
    weights.q = std::uint64_t{width} * heads * dim;
    weights.k = weights.v = std::uint64_t{width} * kv_heads * dim;
    weights.o = std::uint64_t{heads} * dim * width;
    weights.feed_forward = 3ull * width * 4 * width;
    s.plan.layers = {weights};
    return s;
}

double stage(const ComputeCost& cost, Stage which) { return cost.flops[static_cast<std::size_t>(which)]; }

// The matrix of four heads and 512 tokens (docs/known-answers.md): B·H·T·T·4 bytes, per layer.
TEST(ComputeCost, materialised_attention_takes_four_bytes_per_pair_of_tokens_and_head) {
    const Small s = small(4, 4, 64, 256);
    EXPECT_EQ(compute_cost(s.spec, s.plan, {.context = 512}).attention_matrix_bytes_per_layer, 4'194'304u);
    EXPECT_EQ(compute_cost(s.spec, s.plan, {.context = 2048}).attention_matrix_bytes_per_layer, 67'108'864u);
    EXPECT_EQ(compute_cost(s.spec, s.plan, {.context = 512, .batch = 3}).attention_matrix_bytes_per_layer,
              3u * 4'194'304u);
}

TEST(ComputeCost, counts_a_multiply_add_as_two) {
    const Small s = small(2, 1, 4, 8);  // Q 8x8, K and V 8x4, O 8x8
    const ComputeCost cost = compute_cost(s.spec, s.plan, {.context = 3});
    EXPECT_EQ(stage(cost, Stage::q), 2.0 * 3 * 64);
    EXPECT_EQ(stage(cost, Stage::k), 2.0 * 3 * 32);
    EXPECT_EQ(stage(cost, Stage::o), 2.0 * 3 * 64);
    EXPECT_EQ(stage(cost, Stage::scores), 2.0 * 4 * 2 * 6);  // 6 pairs below the diagonal, 2 heads
    EXPECT_EQ(stage(cost, Stage::softmax), 5.0 * 2 * 6);
    EXPECT_EQ(stage(cost, Stage::weighted_sum), 2.0 * 4 * 2 * 6);
}

// Prefill of N tokens does the work of N decode steps, except that logits are made once.
TEST(ComputeCost, prefill_equals_the_sum_of_its_decode_steps) {
    Small s = small(4, 2, 8, 32);
    s.spec.window = {WindowType::standard, 5};
    s.spec.layers.push_back(s.spec.layers[0]);
    s.spec.layers[1].index = 1;
    s.spec.layers[1].sliding = true;
    s.plan.layers.push_back(s.plan.layers[0]);
    double steps = 0;
    for (std::uint64_t n = 1; n <= 12; ++n)
        steps += compute_cost(s.spec, s.plan, {.context = n, .decode = true}).total_flops;
    EXPECT_DOUBLE_EQ(compute_cost(s.spec, s.plan, {.context = 12}).total_flops, steps);
}

TEST(ComputeCost, fewer_kv_heads_cost_fewer_projections_but_the_same_scores) {
    const Small mha = small(8, 8, 16, 128), gqa = small(8, 2, 16, 128);
    const ComputeCost a = compute_cost(mha.spec, mha.plan, {.context = 64}),
                      b = compute_cost(gqa.spec, gqa.plan, {.context = 64});
    EXPECT_EQ(stage(a, Stage::k), 4 * stage(b, Stage::k));
    EXPECT_EQ(stage(a, Stage::scores), stage(b, Stage::scores));
}

// With H·k = d the projections take 2·N·(2d² + 2d·G·k) and scores with sums 4·d·N(N+1)/2: equal at N + 1 = 2(d + G·k).
TEST(ComputeCost, crossover_is_where_the_closed_form_says) {
    const Small s = small(8, 2, 16, 128);
    const auto crossover = compute_cost(s.spec, s.plan, {.context = 64}).crossover_context;
    ASSERT_TRUE(crossover);
    EXPECT_EQ(*crossover, 2u * (128 + 32) - 1);
}

TEST(ComputeCost, a_short_window_never_outweighs_the_projections) {
    Small s = small(8, 8, 16, 128);
    s.spec.window = {WindowType::standard, 16};
    s.spec.layers[0].sliding = true;
    EXPECT_FALSE(compute_cost(s.spec, s.plan, {.context = 64}).crossover_context);
}

TEST(ComputeCost, refuses_nothing_to_do_and_sizes_beyond_64_bits) {
    const Small s = small(4, 4, 64, 256);
    const auto code = [&](ComputeParams params) {
        try {
            compute_cost(s.spec, s.plan, params);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::internal;
    };
    EXPECT_EQ(code({.context = 0}), ErrorCode::refused);
    EXPECT_EQ(code({.context = 8, .batch = 0}), ErrorCode::refused);
    EXPECT_EQ(code({.context = 1ull << 32}), ErrorCode::overflow);
}

}  // namespace
}  // namespace attnx::analysis
