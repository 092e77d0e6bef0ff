#include "attnx/analysis/rollout.h"

#include <algorithm>
#include <utility>

#include "attnx/base/checked.h"

namespace attnx::analysis {

RolloutSink::RolloutSink(RolloutOptions options) : options_(std::move(options)) {
    const std::size_t size = product({options_.tokens, options_.tokens}, "a rollout");
    before_.assign(size, 0.0);
    after_.assign(size, 0.0);
    for (std::uint32_t i = 0; i < options_.tokens; ++i) row_of(before_, i)[i] = 1;
}

std::span<double> RolloutSink::row_of(std::vector<double>& matrix, std::uint32_t query) const {
    return part(std::span(matrix), std::size_t{query} * options_.tokens, options_.tokens, "rows of a rollout");
}

void RolloutSink::attention(const trace::AttentionRows& rows) {
    for (std::uint32_t i = 0; i < rows.query_count; ++i) add(rows, rows.first_query + i);
    if (rows.head + 1 < options_.heads.at(rows.layer)) return;
    for (std::uint32_t i = 0; i < rows.query_count; ++i) finish_row(rows.layer, rows.first_query + i);
    if (rows.first_query + rows.query_count < options_.tokens) return;
    std::swap(before_, after_);
    std::ranges::fill(after_, 0.0);
    if (options_.kept.contains(rows.layer)) results_[rows.layer].assign(before_.begin(), before_.end());
}

void RolloutSink::add(const trace::AttentionRows& rows, std::uint32_t query) {
    const std::span<double> sum = row_of(after_, query);
    const std::span<const float> row = rows.row(query);
    const std::span<const float> lengths =
        options_.lengths ? options_.lengths(rows.layer, rows.head) : std::span<const float>();
    for (std::size_t key = options_.drop_first ? 1 : 0; key < std::min(row.size(), sum.size()); ++key)
        sum[key] += static_cast<double>(row[key]) * (lengths.empty() ? 1.0 : static_cast<double>(lengths[key]));
}

// From the sum over heads to (mean + identity) / its sum, times what was before.
void RolloutSink::finish_row(std::uint32_t layer, std::uint32_t query) {
    const std::span<double> row = row_of(after_, query);
    double whole = 0;
    for (const double weight : row) whole += weight;
    const bool scaled = options_.drop_first || options_.lengths != nullptr;
    const double heads = scaled ? whole : static_cast<double>(options_.heads.at(layer));
    std::vector<double> mixed(row.begin(), row.end());
    if (heads > 0)
        for (double& weight : mixed) weight /= heads;
    mixed[query] += 1;
    const double sum = heads > 0 ? whole / heads + 1 : 1;
    std::ranges::fill(row, 0.0);
    for (std::uint32_t key = 0; key < options_.tokens; ++key) {
        if (mixed[key] == 0) continue;
        const double share = mixed[key] / sum;
        const std::span<const double> from = row_of(before_, key);
        for (std::uint32_t token = 0; token < options_.tokens; ++token) row[token] += share * from[token];
    }
}

std::map<std::uint32_t, std::vector<float>> RolloutSink::take() { return std::move(results_); }

}  // namespace attnx::analysis
