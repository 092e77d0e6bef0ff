// analysis: what a model says comes next, and how far apart two such answers are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace attnx::analysis {

struct Guess {
    std::uint32_t id = 0;
    double probability = 0;
};

// softmax of the logits of one position. Natural logarithms. Minus infinity is a token that cannot come.
class NextToken {
public:
    // At least one logit; they must outlive it. Throws bad_value when none is a number above minus infinity.
    explicit NextToken(std::span<const float> logits);

    double log_probability(std::uint32_t id) const;
    std::uint32_t most_likely() const;  // of equals the first
    std::vector<Guess> top(std::size_t count) const;
    // KL(this ‖ other): sum of p log(p / q), in nats; not negative but for rounding. Throws bad_dimensions when the
    // other has another vocabulary.
    double divergence_to(const NextToken& other) const;

private:
    double probability(std::size_t id) const;

    std::span<const float> logits_;
    std::vector<float> powers_;  // e^(logit - largest)
    double sum_ = 0, log_sum_ = 0;
};

// Mean of -log p of each token but the first, given those before it: `answers[i]` is what came after token i.
double mean_loss(std::span<const NextToken> answers, std::span<const std::uint32_t> tokens);

}  // namespace attnx::analysis
