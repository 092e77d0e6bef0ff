#include "attnx/analysis/answer_distance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace attnx::analysis {
namespace {

// Logits of (p, 1 - p).
std::vector<float> logits_of(double p) {
    return {static_cast<float>(std::log(p)), static_cast<float>(std::log(1 - p))};
}

double divergence(double p, double q) { return p * std::log(p / q) + (1 - p) * std::log((1 - p) / (1 - q)); }

TEST(AnswerDistance, is_that_of_each_answer_from_the_references) {
    const std::vector<float> half = logits_of(0.5), most = logits_of(0.9), least = logits_of(0.2);
    AnswerDistance distance;
    EXPECT_FALSE(distance.heard());
    distance.hear(NextToken(most), NextToken(half), 1);
    distance.hear(NextToken(most), NextToken(least), 0);
    distance.hear(NextToken(least), NextToken(least));
    EXPECT_NEAR(distance.kl_mean(), (divergence(0.9, 0.5) + divergence(0.9, 0.2)) / 3, 1e-6);
    EXPECT_NEAR(distance.kl_max(), divergence(0.9, 0.2), 1e-6);
    EXPECT_EQ(distance.kl_last(), 0);
    EXPECT_NEAR(distance.top1_agreement(), 2.0 / 3, 1e-12);  // of equals the first is likeliest
    EXPECT_NEAR(*distance.loss(), -(std::log(0.5) + std::log(0.2)) / 2, 1e-6);
}

TEST(AnswerDistance, has_no_loss_where_nothing_came) {
    const std::vector<float> half = logits_of(0.5);
    AnswerDistance distance;
    distance.hear(NextToken(half), NextToken(half));
    EXPECT_FALSE(distance.loss().has_value());
}

TEST(AnswerDistance, quantiles_are_values_that_were_heard) {
    const std::vector<float> half = logits_of(0.5);
    AnswerDistance distance;
    for (int i = 1; i <= 200; ++i) {
        const std::vector<float> other = logits_of(0.5 + i / 500.0);
        distance.hear(NextToken(half), NextToken(other));
    }
    EXPECT_NEAR(distance.kl_quantile(0.99), divergence(0.5, 0.5 + 198 / 500.0), 1e-5);
    EXPECT_NEAR(distance.kl_quantile(0.5), divergence(0.5, 0.5 + 100 / 500.0), 1e-5);
    EXPECT_EQ(distance.kl_quantile(1), distance.kl_max());
}

}  // namespace
}  // namespace attnx::analysis
