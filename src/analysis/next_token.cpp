#include "attnx/analysis/next_token.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attnx/base/error.h"
#include "attnx/kernel/exp.h"

namespace attnx::analysis {

NextToken::NextToken(std::span<const float> logits) : logits_(logits), powers_(logits.begin(), logits.end()) {
    const float largest = logits.empty() ? -INFINITY : kernel::largest(logits);
    if (!std::isfinite(largest)) throw Error(ErrorCode::bad_value, "no token can come next: no logit is finite");
    sum_ = kernel::exp_shifted(powers_, largest);
    log_sum_ = std::log(sum_) + static_cast<double>(largest);
}

double NextToken::log_probability(std::uint32_t id) const {
    if (id >= logits_.size()) throw Error(ErrorCode::bad_value, "a token outside of the vocabulary");
    return static_cast<double>(logits_[id]) - log_sum_;
}

double NextToken::probability(std::size_t id) const { return static_cast<double>(powers_[id]) / sum_; }

std::uint32_t NextToken::most_likely() const {
    return static_cast<std::uint32_t>(std::ranges::max_element(logits_) - logits_.begin());
}

std::vector<Guess> NextToken::top(std::size_t count) const {
    std::vector<std::uint32_t> ids(logits_.size());
    std::iota(ids.begin(), ids.end(), 0u);
    count = std::min(count, ids.size());
    std::partial_sort(
        ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
        [&](std::uint32_t a, std::uint32_t b) { return logits_[a] != logits_[b] ? logits_[a] > logits_[b] : a < b; });
    std::vector<Guess> best;
    for (std::size_t i = 0; i < count; ++i) best.push_back({ids[i], probability(ids[i])});
    return best;
}

double NextToken::divergence_to(const NextToken& other) const {
    if (other.logits_.size() != logits_.size())
        throw Error(ErrorCode::bad_dimensions, "two vocabularies cannot be compared");
    double sum = 0;
    for (std::size_t i = 0; i < logits_.size(); ++i)
        if (powers_[i] > 0)
            sum += probability(i) * (static_cast<double>(logits_[i]) - static_cast<double>(other.logits_[i]));
    return sum - log_sum_ + other.log_sum_;
}

double mean_loss(std::span<const NextToken> answers, std::span<const std::uint32_t> tokens) {
    double sum = 0;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) sum -= answers[i].log_probability(tokens[i + 1]);
    return tokens.size() < 2 ? std::nan("") : sum / static_cast<double>(tokens.size() - 1);
}

}  // namespace attnx::analysis
