#include <fmt/format.h>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/base/error.h"

namespace attnx::analysis {

void HeadMetrics::add(const AttentionRow& row) {
    const auto metrics = attention_metrics();
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        const Share share = metrics[i].of(row);
        sums_[i].part += share.part;
        sums_[i].whole += share.whole;
    }
    ++rows_;
    not_finite_ += row.not_finite();
    if (row.most() > (strongest_ ? strongest_->weight : 0.0F)) strongest_ = row.strongest();
}

void HeadMetrics::merge(const HeadMetrics& other) {
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        sums_[i].part += other.sums_[i].part;
        sums_[i].whole += other.sums_[i].whole;
    }
    rows_ += other.rows_;
    not_finite_ += other.not_finite_;
    if (other.strongest_ && (!strongest_ || other.strongest_->weight > strongest_->weight))
        strongest_ = other.strongest_;
}

std::optional<double> HeadMetrics::value(const AttentionMetric& metric) const {
    const Share& sum = sums_.at(place_of(metric));
    if (!(sum.whole > 0)) return std::nullopt;
    return sum.part / sum.whole;
}

HeadMetrics uniform_metrics(const Sequence& sequence, const model::Mask& mask) {
    HeadMetrics metrics;
    std::vector<float> weights;
    for (std::uint32_t query = 0; query < sequence.tokens; ++query) {
        const model::KeyRange seen = visible_keys(mask, query, sequence.tokens);
        weights.assign(seen.first, 0.0F);
        weights.resize(seen.end, 1.0F / static_cast<float>(seen.count()));
        metrics.add({query, weights, seen, sequence});
    }
    return metrics;
}

MetricsSink::MetricsSink(const model::ModelSpec& spec, Sequence sequence, const std::set<std::uint32_t>& layers)
    : sequence_(sequence) {
    for (const std::uint32_t index : layers) {
        const model::LayerSpec& layer = spec.layers.at(index);
        masks_.emplace(index, mask_of(spec, layer));
        layers_[index].resize(layer.head_count);
    }
}

void MetricsSink::attention_at_once(const trace::AttentionRows& rows) {
    const model::Mask& mask = masks_.at(rows.layer);
    std::vector<HeadMetrics>& heads = layers_.at(rows.layer);
    if (rows.head >= heads.size())
        throw Error(ErrorCode::internal, fmt::format("layer {} was to have {} heads", rows.layer, heads.size()));
    for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query) {
        heads[rows.head].add({query, rows.row(query), visible_keys(mask, query, sequence_.tokens), sequence_});
    }
}

}  // namespace attnx::analysis
