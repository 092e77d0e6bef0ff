#include "attnx/analysis/answer_distance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace attnx::analysis {

void AnswerDistance::hear(const NextToken& reference, const NextToken& other, std::optional<std::uint32_t> next) {
    divergences_.push_back(std::max(0.0, reference.divergence_to(other)));
    agreements_ += reference.most_likely() == other.most_likely();
    if (!next) return;
    loss_ -= other.log_probability(*next);
    ++came_;
}

double AnswerDistance::kl_mean() const {
    return std::accumulate(divergences_.begin(), divergences_.end(), 0.0) / static_cast<double>(divergences_.size());
}

double AnswerDistance::kl_max() const { return *std::ranges::max_element(divergences_); }

double AnswerDistance::kl_quantile(double share) const {
    std::vector<double> sorted = divergences_;
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    const auto place =
        sorted.begin() + static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, sorted.size()) - 1);
    std::ranges::nth_element(sorted, place);
    return *place;
}

double AnswerDistance::top1_agreement() const { return agreements_ / static_cast<double>(divergences_.size()); }

std::optional<double> AnswerDistance::loss() const { return came_ == 0 ? std::nullopt : std::optional(loss_ / came_); }

}  // namespace attnx::analysis
