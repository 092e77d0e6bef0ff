#include "attnx/analysis/head_distances.h"

#include <algorithm>
#include <cmath>

#include "attnx/base/checked.h"

namespace attnx::analysis {
namespace {

double term(double share) { return share > 0 ? -share * std::log(share) : 0; }

double lack(std::span<const float> row) {
    double mass = 0;
    for (const float weight : row)
        if (std::isfinite(weight)) mass += double{weight};
    return std::max(0.0, 1 - mass);
}

double entropy_with_lack(std::span<const float> row) {
    double entropy = term(lack(row));
    for (const float weight : row)
        if (std::isfinite(weight)) entropy += term(double{weight});
    return entropy;
}

double entropy_of_mean(std::span<const float> a, std::span<const float> b) {
    double entropy = term((lack(a) + lack(b)) / 2);
    for (std::size_t key = 0; key < a.size(); ++key) {
        const double sum = double{a[key]} + double{b[key]};
        if (std::isfinite(sum)) entropy += term(sum / 2);
    }
    return entropy;
}

}  // namespace

double jensen_shannon(std::span<const float> a, std::span<const float> b) {
    return std::max(0.0, entropy_of_mean(a, b) - (entropy_with_lack(a) + entropy_with_lack(b)) / 2);
}

HeadDistanceSink::HeadDistanceSink(const model::ModelSpec& spec, const std::set<std::uint32_t>& layers) {
    for (const std::uint32_t index : layers) {
        const std::uint32_t heads = spec.layers.at(index).head_count;
        layers_[index] = {heads, 0, std::vector<double>(std::size_t{heads} * heads)};
    }
}

Need HeadDistanceSink::need(const model::ModelSpec& spec, std::uint64_t tokens, const std::set<std::uint32_t>& layers) {
    std::uint64_t most = 0;
    for (const std::uint32_t index : layers) most = std::max<std::uint64_t>(most, spec.layers.at(index).head_count);
    const std::uint64_t queries = std::min<std::uint64_t>(tokens, trace::queries_at_once(tokens));
    const std::uint64_t block = times(times(most, tokens), queries);
    return {"rows of a block of queries, to compare heads", times(block, sizeof(float))};
}

// Rows come head after head, a block of queries at a time.
void HeadDistanceSink::attention(const trace::AttentionRows& rows) {
    Layer& layer = layers_.at(rows.layer);
    block_.resize(layer.heads);
    block_.at(rows.head).assign(rows.weights.begin(), rows.weights.end());
    if (rows.head + 1 == layer.heads) compare(layer, rows.query_count, rows.key_count);
}

void HeadDistanceSink::compare(Layer& layer, std::uint32_t queries, std::uint32_t keys) {
    const auto row = [&](std::size_t head, std::size_t query) {
        return std::span<const float>(block_[head]).subspan(query * keys, keys);
    };
    std::vector<double> entropy(layer.heads);
    for (std::size_t query = 0; query < queries; ++query) {
        for (std::size_t head = 0; head < layer.heads; ++head) entropy[head] = entropy_with_lack(row(head, query));
        for (std::size_t a = 0; a < layer.heads; ++a)
            for (std::size_t b = a + 1; b < layer.heads; ++b)
                layer.sums[a * layer.heads + b] +=
                    std::max(0.0, entropy_of_mean(row(a, query), row(b, query)) - (entropy[a] + entropy[b]) / 2);
    }
    layer.queries += queries;
}

std::map<std::uint32_t, std::vector<float>> HeadDistanceSink::take() {
    std::map<std::uint32_t, std::vector<float>> result;
    for (const auto& [index, layer] : layers_) {
        std::vector<float>& all = result[index];
        all.resize(layer.sums.size());
        for (std::size_t a = 0; a < layer.heads; ++a)
            for (std::size_t b = a + 1; b < layer.heads; ++b)
                all[a * layer.heads + b] = all[b * layer.heads + a] =
                    static_cast<float>(layer.sums[a * layer.heads + b] / std::max<std::uint32_t>(1, layer.queries));
    }
    return result;
}

}  // namespace attnx::analysis
