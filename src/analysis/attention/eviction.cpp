#include "attnx/analysis/eviction.h"

#include <algorithm>

#include "attnx/model/visible.h"

namespace attnx::analysis {

EvictionSink::EvictionSink(const model::ModelSpec& spec, std::uint32_t tokens, std::uint32_t sinks,
                           std::span<const std::uint32_t> windows)
    : tokens_(tokens), sinks_(sinks), windows_(windows.begin(), windows.end()) {
    for (const model::LayerSpec& layer : spec.layers)
        if (model::attends(layer)) lost_[layer.index].resize(std::size_t{layer.head_count} * windows_.size());
}

void EvictionSink::attention_at_once(const trace::AttentionRows& rows) {
    std::vector<double>& sums = lost_.at(rows.layer);  // of this head nobody else is told meanwhile
    for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query) {
        const std::span<const float> row = rows.row(query);
        for (std::size_t w = 0; w < windows_.size(); ++w) {
            const std::uint64_t end = query + std::uint64_t{1} - std::min<std::uint64_t>(query + 1, windows_[w]);
            double lost = 0;
            for (std::uint64_t key = sinks_; key < std::min<std::uint64_t>(end, row.size()); ++key)
                lost += static_cast<double>(row[key]);
            sums.at(rows.head * windows_.size() + w) += lost;
        }
    }
}

std::vector<Eviction> EvictionSink::result() const {
    std::vector<Eviction> all;
    for (std::size_t w = 0; w < windows_.size(); ++w) {
        const std::uint64_t kept = std::min<std::uint64_t>(tokens_, std::uint64_t{sinks_} + windows_[w]);
        Eviction eviction{.sinks = sinks_,
                          .window = windows_[w],
                          .kept_share = static_cast<double>(kept) / tokens_,
                          .worst = {.mass_lost = -1}};
        double heads = 0;
        for (const auto& [layer, sums] : lost_)
            for (std::size_t head = 0; head * windows_.size() < sums.size(); ++head) {
                const double lost = sums[head * windows_.size() + w] / tokens_;
                eviction.mass_lost_mean += lost;
                ++heads;
                if (lost > eviction.worst.mass_lost) eviction.worst = {layer, static_cast<std::uint32_t>(head), lost};
            }
        eviction.mass_lost_mean /= heads;
        all.push_back(eviction);
    }
    return all;
}

}  // namespace attnx::analysis
