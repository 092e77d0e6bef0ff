// analysis: how far apart two computations of the same model are in what they say next, token by token.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attnx/analysis/next_token.h"

namespace attnx::analysis {

class AnswerDistance {
public:
    // After one more token. next: the one that came, if there is one. Throws as NextToken::divergence_to.
    void hear(const NextToken& reference, const NextToken& other, std::optional<std::uint32_t> next = {});

    // Of what was heard, at least one answer. KL(reference ‖ other) in nats.
    bool heard() const { return !divergences_.empty(); }
    double kl_last() const { return divergences_.back(); }
    double kl_mean() const;
    double kl_max() const;
    double kl_quantile(double share) const;  // the least that so many are at most
    double top1_agreement() const;           // share after which the likeliest is the same
    std::optional<double> loss() const;      // of the other: mean of -log p of what came

private:
    std::vector<double> divergences_;
    double loss_ = 0, agreements_ = 0, came_ = 0;
};

}  // namespace attnx::analysis
