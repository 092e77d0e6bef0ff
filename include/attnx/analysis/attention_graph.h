// analysis: tokens as nodes, weights as edges from the query that pays to the key that is paid.
//
// Semantics of GraphistryBuilders.attention_graph: a row is a query and the source of its edges, a column a key; edges
// in row-major order, kept when weight >= threshold, diagonal and zeros included; NaN never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace attnx::analysis {

// A square matrix of weights, [size, size].
struct SquareMatrix {
    std::uint32_t size = 0;
    std::vector<double> values = {};
    bool single = false;  // they were floats: thresholds are then rounded to floats, too, since 0.7f < 0.7

    std::span<const double> row(std::uint32_t i) const {
        return std::span(values).subspan(std::size_t{i} * size, size);
    }
};

struct Edge {
    std::uint32_t source = 0, target = 0;  // query, key
    double weight = 0;
};

enum class EdgeMode : std::uint8_t {
    threshold,  // all
    mass,       // of each query the strongest that make up a share of what it pays to the nodes drawn
    top,        // of each query the K strongest
};

struct GraphOptions {
    EdgeMode mode = EdgeMode::threshold;
    double mass = 0.7;
    std::uint32_t top = 3;
    double threshold = 0;  // in every mode
    bool strict = false;   // weight > threshold
    bool self = true;      // edges of a token to itself
    bool first = true;     // edges to the first token
    // Whether a query can see a key; nothing: any. The others have no edge, whatever their weight.
    std::function<bool(std::uint32_t query, std::uint32_t key)> visible = {};
};

// Row by row, and within a row by key. Equal weights: the earlier key is the stronger.
std::vector<Edge> attention_edges(const SquareMatrix& matrix, const GraphOptions& options);

// How many edges there are at each threshold, all else being as in `options`.
std::vector<std::uint64_t> edges_by_threshold(const SquareMatrix& matrix, const GraphOptions& options,
                                              std::span<const double> thresholds);

// The strongest, descending; of equal ones the earlier first.
std::vector<Edge> strongest_edges(std::span<const Edge> edges, std::size_t count);

}  // namespace attnx::analysis
