#include "../../src/forward/ffn/experts.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../../src/forward/mixers/conv.h"
#include "../../src/forward/mixers/delta_rule.h"

namespace attnx::forward {
namespace {

using model::ExpertPlan;
using model::Gating;

ExpertPlan plan_of(std::uint32_t count, std::uint32_t used, Gating gating, bool normalize) {
    ExpertPlan plan;
    plan.count = count;
    plan.used = used;
    plan.gating = gating;
    plan.normalize = normalize;
    return plan;
}

TEST(ChooseExperts, takes_the_largest_and_lets_their_shares_sum_to_one) {
    const auto chosen =
        choose_experts(plan_of(4, 2, Gating::softmax, true), std::vector<float>{0.0F, 2.0F, 1.0F, -1.0F}, {});
    ASSERT_EQ(chosen.size(), 2u);
    EXPECT_EQ(chosen[0].expert, 1u);
    EXPECT_EQ(chosen[1].expert, 2u);
    EXPECT_NEAR(chosen[0].weight, 1.0 / (1.0 + std::exp(-1.0)), 1e-6);
    EXPECT_NEAR(chosen[0].weight + chosen[1].weight, 1.0, 1e-6);
}

TEST(ChooseExperts, over_the_chosen_alone_equals_normalising_over_all) {
    const std::vector<float> logits{0.3F, 2.0F, 1.0F, -1.0F};
    const auto some = choose_experts(plan_of(4, 2, Gating::softmax_of_chosen, false), logits, {});
    const auto all = choose_experts(plan_of(4, 2, Gating::softmax, true), logits, {});
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(some[i].weight, all[i].weight, 1e-6);
}

TEST(ChooseExperts, biases_the_choice_but_not_the_weight) {
    ExpertPlan plan = plan_of(3, 1, Gating::sigmoid, false);
    plan.scale = 2.0F;
    const auto chosen =
        choose_experts(plan, std::vector<float>{1.0F, 0.0F, 0.0F}, std::vector<float>{0.0F, 0.0F, 5.0F});
    EXPECT_EQ(chosen[0].expert, 2u);
    EXPECT_NEAR(chosen[0].weight, 2.0 * 0.5, 1e-6);
}

// Two experts of 0.6 each beat one of 0.9 with an idle neighbour.
TEST(ChooseExperts, looks_into_the_best_groups_only) {
    ExpertPlan plan = plan_of(4, 1, Gating::sigmoid, false);
    plan.groups = 2;
    plan.groups_used = 1;
    const auto logit = [](double p) { return static_cast<float>(std::log(p / (1.0 - p))); };
    EXPECT_EQ(choose_experts(plan, std::vector<float>{logit(0.9), logit(0.01), logit(0.6), logit(0.6)}, {})[0].expert,
              2u);
}

TEST(TimeConv, remembers_the_tail_between_calls) {
    TimeConv whole({1.0F, 2.0F, 3.0F}, {0.5F}, 1), parts = whole;
    Matrix x(4, 1);
    x.values = {1.0F, 10.0F, 100.0F, 1000.0F};
    const Matrix y = whole.run(x);
    EXPECT_FLOAT_EQ(y.values[0], 3.5F);
    EXPECT_FLOAT_EQ(y.values[3], 3000.0F + 200.0F + 10.0F + 0.5F);
    for (std::size_t t = 0; t < 4; ++t) {
        Matrix one(1, 1);
        one.values = {x.values[t]};
        EXPECT_FLOAT_EQ(parts.run(one).values[0], y.values[t]);
    }
    EXPECT_FLOAT_EQ(whole.run_centred(x).values[1], 300.0F + 20.0F + 1.0F + 0.5F);
}

// Writing v under k and reading with the same unit k gives v back, decayed; writing again replaces it.
TEST(DeltaRule, recalls_what_was_written_under_a_key) {
    DeltaInput in;
    in.heads = in.key_heads = 1;
    in.dim = 2;
    in.k = in.q = in.v = Matrix(2, 2);
    in.k.values = {1.0F, 0.0F, 1.0F, 0.0F};
    in.q.values = in.k.values;
    in.v.values = {3.0F, 4.0F, 7.0F, 8.0F};
    in.beta = Matrix(2, 1);
    in.beta.values = {1.0F, 0.5F};
    in.decay = Matrix(2, 1);
    in.decay.values = {0.0F, std::log(0.5F)};
    std::vector<float> memory;
    Workers workers(1);
    const Matrix out = delta_rule(in, memory, workers);
    const float scale = 1.0F / std::sqrt(2.0F);
    EXPECT_NEAR(out.row(0)[0], 3.0F * scale, 1e-6);
    EXPECT_NEAR(out.row(1)[1], (2.0F + 0.5F * (8.0F - 2.0F)) * scale, 1e-6);  // 4 decayed to 2, then half way to 8
}

}  // namespace
}  // namespace attnx::forward
