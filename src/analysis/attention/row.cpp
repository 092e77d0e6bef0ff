#include <algorithm>
#include <cmath>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/kernel/exp.h"
#include "attnx/kernel/weight_sums.h"

namespace attnx::analysis {

AttentionRow::AttentionRow(std::uint32_t query, std::span<const float> weights, model::KeyRange seen,
                           const Sequence& sequence)
    : query_(query), seen_(seen), weights_(weights), sequence_(sequence) {
    const kernel::WeightSums sums = kernel::weight_sums(weights, query);
    mass_ = sums.mass;
    entropy_ = sums.entropy;
    moment_ = sums.moment;
    not_finite_ = sums.not_finite;
    look_for_strongest(1, std::min<std::size_t>(query, weights.size()));
    look_for_strongest(std::size_t{query} + 1, weights.size());
}

// The first of the largest among keys [first, end), if it weighs more than what was found before.
void AttentionRow::look_for_strongest(std::size_t first, std::size_t end) {
    if (first >= end) return;
    const std::span<const float> keys = weights_.subspan(first, end - first);
    const auto larger = [](float a, float b) { return !std::isfinite(b) || (std::isfinite(a) && a > b); };
    const float most = not_finite_ == 0 ? kernel::largest(keys) : *std::ranges::min_element(keys, larger);
    if (!std::isfinite(most) || !(most > 0) || (strongest_ && !(most > strongest_->weight))) return;
    const auto at = std::ranges::find(keys, most) - keys.begin();
    strongest_ = Pair{query_, static_cast<std::uint32_t>(first) + static_cast<std::uint32_t>(at), most};
}

double AttentionRow::most_entropy() const { return std::log(static_cast<double>(seen_.count())); }

double AttentionRow::at(std::uint32_t key) const {
    return key < weights_.size() && std::isfinite(weights_[key]) ? double{weights_[key]} : 0.0;
}

double AttentionRow::mass(std::uint32_t first_key, std::uint32_t end) const {
    double sum = 0;
    const auto stop = static_cast<std::uint32_t>(std::min<std::size_t>(end, weights_.size()));
    for (std::uint32_t key = first_key; key < stop; ++key) sum += at(key);
    return sum;
}

}  // namespace attnx::analysis
