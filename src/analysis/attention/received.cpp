#include "attnx/analysis/received.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attnx/base/checked.h"

namespace attnx::analysis {

std::vector<std::uint32_t> queries_seeing(const model::Mask& mask, std::uint32_t tokens) {
    std::vector<std::uint32_t> change(tokens + std::size_t{1});  // modulo 2^32: an end before its beginning is undone
    for (std::uint32_t query = 0; query < tokens; ++query) {
        const model::KeyRange seen = visible_keys(mask, query, tokens);
        ++change[seen.first];
        --change[seen.end];
    }
    change.pop_back();
    std::partial_sum(change.begin(), change.end(), change.begin());
    return change;
}

std::optional<SecondarySink> secondary_sink(std::uint32_t layer, const Received& received,
                                            std::span<const std::uint32_t> heads, const model::Mask& mask) {
    constexpr std::uint32_t kQueries = 8;
    constexpr double kTimesUniform = 3;
    if (heads.empty()) return std::nullopt;
    const auto tokens = static_cast<std::uint32_t>(received.at(heads.front()).size());
    const std::vector<std::uint32_t> seeing = queries_seeing(mask, tokens);
    SecondarySink most{.layer = layer};
    for (std::uint32_t key = 1; key < tokens; ++key) {
        if (seeing[key] < kQueries) continue;
        double mass = 0;
        for (const std::uint32_t head : heads) mass += received.at(head)[key] / static_cast<double>(heads.size());
        if (mass > most.mass) most = {layer, key, mass, 0};
    }
    if (most.position == 0) return std::nullopt;
    for (std::uint32_t query = 0; query < tokens; ++query) {
        const model::KeyRange seen = visible_keys(mask, query, tokens);
        if (seen.contains(most.position))
            most.uniform += 1 / (static_cast<double>(seen.count()) * seeing[most.position]);
    }
    return most.mass > kTimesUniform * most.uniform ? std::optional(most) : std::nullopt;
}

ReceivedSink::ReceivedSink(const model::ModelSpec& spec, std::uint32_t tokens, const std::set<std::uint32_t>& layers)
    : tokens_(tokens) {
    for (const std::uint32_t index : layers) {
        const model::LayerSpec& layer = spec.layers.at(index);
        masks_.emplace(index, mask_of(spec, layer));
        layers_[index].assign(layer.head_count, std::vector<double>(tokens));
    }
}

Need ReceivedSink::need(const model::ModelSpec& spec, std::uint64_t tokens, const std::set<std::uint32_t>& layers) {
    std::uint64_t heads = 0;
    for (const std::uint32_t index : layers) heads = add_up(heads, spec.layers.at(index).head_count);
    return {"what each key is paid", times(times(heads, tokens), sizeof(double))};
}

void ReceivedSink::attention_at_once(const trace::AttentionRows& rows) {
    std::vector<double>& sums = layers_.at(rows.layer).at(rows.head);
    for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query) {
        const std::span<const float> row = rows.row(query);
        for (std::size_t key = 0; key < std::min(row.size(), sums.size()); ++key)
            if (std::isfinite(row[key])) sums[key] += double{row[key]};
    }
}

std::map<std::uint32_t, Received> ReceivedSink::take() {
    for (auto& [layer, heads] : layers_) {
        const std::vector<std::uint32_t> seeing = queries_seeing(masks_.at(layer), tokens_);
        for (std::vector<double>& keys : heads)
            for (std::uint32_t key = 0; key < tokens_; ++key)
                if (seeing[key] > 0) keys[key] /= seeing[key];
    }
    return std::move(layers_);
}

}  // namespace attnx::analysis
