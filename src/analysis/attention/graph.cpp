#include "attnx/analysis/attention_graph.h"

#include <algorithm>
#include <cmath>

namespace attnx::analysis {
namespace {

bool stronger(const Edge& a, const Edge& b) { return a.weight > b.weight; }

// Strongest first; the order of equal ones stays.
void sort_by_weight(std::vector<Edge>& edges) { std::ranges::stable_sort(edges, stronger); }

std::vector<Edge> candidates(const SquareMatrix& matrix, std::uint32_t query, const GraphOptions& options) {
    std::vector<Edge> edges;
    const std::span<const double> row = matrix.row(query);
    for (std::uint32_t key = 0; key < matrix.size; ++key) {
        if (std::isnan(row[key]) || (!options.self && key == query) || (!options.first && key == 0)) continue;
        if (options.visible && !options.visible(query, key)) continue;
        edges.push_back({query, key, row[key]});
    }
    return edges;
}

// exBERT's rule: from the strongest on until the share is reached, including the one that reaches it. What is not
// above zero makes up nothing.
void keep_mass(std::vector<Edge>& edges, double share) {
    sort_by_weight(edges);
    double whole = 0, sum = 0;
    for (const Edge& edge : edges) whole += std::max(edge.weight, 0.0);
    std::size_t kept = 0;
    while (kept < edges.size() && edges[kept].weight > 0 && sum < share * whole) sum += edges[kept++].weight;
    edges.resize(kept);
}

void keep_top(std::vector<Edge>& edges, std::uint32_t count) {
    sort_by_weight(edges);
    edges.resize(std::min<std::size_t>(edges.size(), count));
}

// Those of one query, before any threshold.
std::vector<Edge> chosen(const SquareMatrix& matrix, std::uint32_t query, const GraphOptions& options) {
    std::vector<Edge> edges = candidates(matrix, query, options);
    if (options.mode == EdgeMode::mass) keep_mass(edges, options.mass);
    if (options.mode == EdgeMode::top) keep_top(edges, options.top);
    std::ranges::sort(edges, {}, &Edge::target);
    return edges;
}

class Limit {
public:
    Limit(const SquareMatrix& matrix, const GraphOptions& options, double threshold)
        : threshold_(matrix.single ? static_cast<double>(static_cast<float>(threshold)) : threshold),
          strict_(options.strict) {}
    bool keeps(double weight) const { return strict_ ? weight > threshold_ : weight >= threshold_; }

private:
    double threshold_;
    bool strict_;
};

}  // namespace

std::vector<Edge> attention_edges(const SquareMatrix& matrix, const GraphOptions& options) {
    const Limit limit(matrix, options, options.threshold);
    std::vector<Edge> edges;
    for (std::uint32_t query = 0; query < matrix.size; ++query)
        for (const Edge& edge : chosen(matrix, query, options))
            if (limit.keeps(edge.weight)) edges.push_back(edge);
    return edges;
}

std::vector<std::uint64_t> edges_by_threshold(const SquareMatrix& matrix, const GraphOptions& options,
                                              std::span<const double> thresholds) {
    std::vector<Limit> limits;
    for (const double threshold : thresholds) limits.emplace_back(matrix, options, threshold);
    std::vector<std::uint64_t> counts(thresholds.size());
    for (std::uint32_t query = 0; query < matrix.size; ++query)
        for (const Edge& edge : chosen(matrix, query, options))
            for (std::size_t i = 0; i < limits.size(); ++i) counts[i] += limits[i].keeps(edge.weight) ? 1 : 0;
    return counts;
}

std::vector<Edge> strongest_edges(std::span<const Edge> edges, std::size_t count) {
    std::vector<Edge> sorted(edges.begin(), edges.end());
    sort_by_weight(sorted);
    sorted.resize(std::min(sorted.size(), count));
    return sorted;
}

}  // namespace attnx::analysis
