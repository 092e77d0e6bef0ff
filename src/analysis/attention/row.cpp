#include <algorithm>
#include <cmath>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/kernel/exp.h"
#include "attnx/kernel/weight_sums.h"

namespace attnx::analysis {

AttentionRow::AttentionRow(std::uint32_t query, std::span<const float> weights, model::KeyRange seen,
                           const Sequence& sequence)
    : query_(query), seen_(seen), weights_(weights), sequence_(sequence) {
    constexpr std::size_t kTogether = kernel::kWeightsTogether;
    const std::size_t end = std::min<std::size_t>(seen.end, weights.size()),
                      first = std::min<std::size_t>({seen.first, query, end}) / kTogether * kTogether;
    const kernel::WeightSums sums =
        kernel::weight_sums(weights.subspan(first, end - first), query - static_cast<std::uint32_t>(first));
    mass_ = sums.mass;
    entropy_ = sums.entropy;
    moment_ = sums.moment;
    not_finite_ = sums.not_finite;
    for (const bool after : {false, true}) {
        const std::span<const float> keys = beside_itself(after);
        if (keys.empty()) continue;
        if (not_finite_ == 0) most_ = std::max(most_, kernel::largest(keys));
        else
            for (const float weight : keys)
                if (std::isfinite(weight)) most_ = std::max(most_, weight);
    }
}

// Keys that the query sees before itself, the first token left out, or after itself.
std::span<const float> AttentionRow::beside_itself(bool after) const {
    const std::size_t all = std::min<std::size_t>(seen_.end, weights_.size()),
                      end = after ? all : std::min<std::size_t>(query_, all),
                      first = std::max<std::size_t>(seen_.first, after ? std::size_t{query_} + 1 : 1);
    return first < end ? weights_.subspan(first, end - first) : std::span<const float>{};
}

Pair AttentionRow::strongest() const {
    for (const bool after : {false, true}) {
        const std::span<const float> keys = beside_itself(after);
        const auto found = std::ranges::find(keys, most_);
        if (found != keys.end()) return {query_, static_cast<std::uint32_t>(&*found - weights_.data()), most_};
    }
    return {query_, 0, 0};
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
