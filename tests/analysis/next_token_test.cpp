#include "attnx/analysis/next_token.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "attnx/base/error.h"

namespace attnx::analysis {
namespace {

// Logits whose powers are 1, 2 and 5: probabilities 1/8, 2/8, 5/8.
const std::vector<float> kEighths = {0.0F, std::log(2.0F), std::log(5.0F)};

TEST(NextToken, has_the_probabilities_of_a_softmax) {
    const NextToken answer(kEighths);
    EXPECT_NEAR(answer.log_probability(0), std::log(1.0 / 8), 1e-6);
    EXPECT_NEAR(answer.log_probability(2), std::log(5.0 / 8), 1e-6);
    EXPECT_EQ(answer.most_likely(), 2u);
    const std::vector<Guess> top = answer.top(2);
    ASSERT_EQ(top.size(), 2u);
    EXPECT_EQ(top[0].id, 2u);
    EXPECT_NEAR(top[0].probability, 5.0 / 8, 1e-6);
    EXPECT_EQ(top[1].id, 1u);
    EXPECT_EQ(answer.top(9).size(), 3u);
    EXPECT_THROW((void)answer.log_probability(3), Error);
}

TEST(NextToken, diverges_by_hand) {
    const std::vector<float> uniform = {3.0F, 3.0F, 3.0F};
    const NextToken p(kEighths), q(uniform);
    EXPECT_NEAR(p.divergence_to(q),
                std::log(3.0) + 1. / 8 * std::log(1. / 8) + 2. / 8 * std::log(2. / 8) + 5. / 8 * std::log(5. / 8),
                1e-6);
    EXPECT_NEAR(q.divergence_to(p), -std::log(3.0) - (std::log(1. / 8) + std::log(2. / 8) + std::log(5. / 8)) / 3,
                1e-6);
    EXPECT_EQ(p.divergence_to(p), 0);
}

TEST(NextToken, leaves_out_what_cannot_come) {
    const float never = -std::numeric_limits<float>::infinity();
    const std::vector<float> a = {never, 0.0F, std::log(3.0F)}, b = {never, 1.0F, 1.0F};
    const NextToken p(a), q(b);
    EXPECT_NEAR(p.divergence_to(q), 0.25 * std::log(0.5) + 0.75 * std::log(1.5), 1e-6);
    const std::vector<float> none = {never, never};
    EXPECT_THROW(NextToken{none}, Error);
    EXPECT_THROW(NextToken{std::vector<float>{}}, Error);
}

TEST(NextToken, loses_by_the_tokens_that_came) {
    const std::vector<NextToken> answers = {NextToken(kEighths), NextToken(kEighths), NextToken(kEighths)};
    const std::vector<std::uint32_t> tokens = {0, 2, 1};  // 5/8, then 2/8; what comes after the last nobody knows
    EXPECT_NEAR(mean_loss(answers, tokens), -(std::log(5. / 8) + std::log(2. / 8)) / 2, 1e-6);
}

}  // namespace
}  // namespace attnx::analysis
