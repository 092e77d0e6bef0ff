#include <algorithm>
#include <cmath>

#include "attnx/analysis/attention_metrics.h"

namespace attnx::analysis {

AttentionRow::AttentionRow(std::uint32_t query, std::span<const float> weights, model::KeyRange seen,
                           const Sequence& sequence)
    : query_(query), seen_(seen), weights_(weights), sequence_(sequence) {
    for (std::uint32_t key = 0; key < weights.size(); ++key) {
        const double weight = weights[key];
        if (!std::isfinite(weight)) ++not_finite_;
        if (!std::isfinite(weight) || !(weight > 0)) continue;  // masked, or vanished: 0 ln 0 = 0
        entropy_ -= weight * std::log(weight);
        mass_ += weight;
        moment_ += weight * std::abs(static_cast<double>(query) - key);
        const bool other = key != query && key != 0;
        if (other && (!strongest_ || weights[key] > strongest_->weight)) strongest_ = Pair{query, key, weights[key]};
    }
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
