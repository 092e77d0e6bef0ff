#include "attnx/analysis/attention_metrics.h"

#include <algorithm>
#include <cmath>

#include "attnx/model/visible.h"

namespace attnx::analysis {
namespace {

double mean(double sum, std::uint64_t count) { return count == 0 ? 0.0 : sum / static_cast<double>(count); }

}  // namespace

void HeadMetrics::add(std::uint32_t query, std::span<const float> row, std::uint32_t visible) {
    double entropy = 0, mass = 0;
    for (std::uint32_t key = 0; key < row.size(); ++key) {
        const double weight = row[key];
        if (!std::isfinite(weight)) ++not_finite_;
        if (!std::isfinite(weight) || !(weight > 0)) continue;  // masked, or vanished: 0 ln 0 = 0
        entropy -= weight * std::log(weight);
        mass += weight;
        moment_ += weight * std::abs(static_cast<double>(query) - key);
        const bool other = key != query && key != 0;
        if (other && (!strongest_ || row[key] > strongest_->weight)) strongest_ = Pair{query, key, row[key]};
    }
    ++rows_;
    entropy_ += entropy;
    mass_ += mass;
    if (visible >= 2) {
        ++wide_rows_;
        relative_entropy_ += entropy / std::log(static_cast<double>(visible));
    }
    const auto at = [&](std::uint32_t key) { return key < row.size() && std::isfinite(row[key]) ? row[key] : 0.0f; };
    self_ += at(query);
    if (query >= 1) {
        ++later_rows_;
        first_ += at(0);
        previous_ += at(query - 1);
    }
}

double HeadMetrics::entropy() const { return mean(entropy_, rows_); }
double HeadMetrics::relative_entropy() const { return mean(relative_entropy_, wide_rows_); }
double HeadMetrics::first_token() const { return mean(first_, later_rows_); }
double HeadMetrics::previous_token() const { return mean(previous_, later_rows_); }
double HeadMetrics::self() const { return mean(self_, rows_); }
double HeadMetrics::distance() const { return mass_ > 0 ? moment_ / mass_ : 0.0; }
double HeadMetrics::missing() const { return rows_ == 0 ? 0.0 : 1.0 - mean(mass_, rows_); }

void HeadMetrics::merge(const HeadMetrics& other) {
    rows_ += other.rows_;
    later_rows_ += other.later_rows_;
    wide_rows_ += other.wide_rows_;
    not_finite_ += other.not_finite_;
    entropy_ += other.entropy_;
    relative_entropy_ += other.relative_entropy_;
    first_ += other.first_;
    previous_ += other.previous_;
    self_ += other.self_;
    moment_ += other.moment_;
    mass_ += other.mass_;
    if (other.strongest_ && (!strongest_ || other.strongest_->weight > strongest_->weight))
        strongest_ = other.strongest_;
}

void MetricsSink::attention(const trace::AttentionRows& rows) {
    std::vector<HeadMetrics>& heads = layers_[rows.layer];
    if (heads.size() <= rows.head) heads.resize(rows.head + 1);
    const model::Mask mask = mask_of(spec_, spec_.layers[rows.layer]);
    for (std::uint32_t i = 0; i < rows.query_count; ++i) {
        const std::uint32_t query = rows.first_query + i;
        const std::span<const float> row = rows.row(query);
        heads[rows.head].add(query, row, static_cast<std::uint32_t>(visible_keys(mask, query, tokens_).count()));
    }
}

}  // namespace attnx::analysis
