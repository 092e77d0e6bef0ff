// analysis: how large things are along the way through a model: the residual stream, queries, keys and values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "attnx/base/budget.h"
#include "attnx/base/findings.h"
#include "attnx/model/graph.h"
#include "attnx/trace/sink.h"

namespace attnx::analysis {

// Sums in double. Of a vector that holds a NaN they are NaN.
double length_of(std::span<const float> values);         // L2
double magnitude_of(std::span<const float> values);      // the largest |v|; 0 of none
double median_magnitude(std::span<const float> values);  // of |v|; of an even number the middle of two
double root_mean_square(std::span<const float> values);

// Of the vectors of a place in the stream, one figure per token.
struct VectorSizes {
    std::vector<float> norm, max, median, rms;  // max and median of |v|
};

// Lengths of what each head has of each token.
struct HeadNorms {
    std::vector<std::vector<float>> heads;  // [head][token]
    std::vector<float> of_mean;             // [token]: the length of the mean over heads
    std::vector<float> mean() const;        // [token]: the mean of lengths over heads
};

struct LayerNorms {
    HeadNorms q, k, v;
};

// A number far beyond the others of its place (Sun et al. 2024, arXiv 2402.17762).
struct MassiveActivation {
    std::uint32_t layer = 0, token = 0, dimension = 0;
    float value = 0;
    double times_median = 0;  // of all |v| that the block leaves
};

struct MassiveRule {
    double at_least = 100, times_median = 1000;  // both
    std::size_t most_per_layer = 3;              // the largest
};

struct States {
    VectorSizes embedding;                        // what the first block reads
    std::map<std::uint32_t, VectorSizes> blocks;  // what each leaves
    std::vector<float> final_norm;                // lengths after the norm behind the last block; empty: there is none
    std::map<std::uint32_t, LayerNorms> layers;   // those that attend
    std::vector<MassiveActivation> massive;       // by layer, the largest first
    std::map<std::uint32_t, std::uint64_t> not_finite;  // numbers that blocks leave, by layer
};

// What is odd about them.
Findings findings_of(const States& states);

// A sink that gathers States of some layers, for one pass; tokens may be fed in parts.
class StateSink final : public trace::Sink {
public:
    StateSink(std::set<std::uint32_t> layers, MassiveRule rule) : layers_(std::move(layers)), rule_(rule) {}
    static Need need(const model::Graph& graph, const std::set<std::uint32_t>& layers, std::uint64_t tokens);

    bool wants_vectors(std::uint32_t layer) override { return layers_.contains(layer); }
    void vectors(const trace::HeadVectors& vectors) override;
    bool wants_embedding() override { return true; }
    void embedding(std::span<const float> values, std::uint32_t width) override;
    bool wants_block_output(std::uint32_t layer) override { return layers_.contains(layer); }
    void block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) override;
    bool wants_final_norm() override { return true; }
    void final_norm(std::span<const float> values, std::uint32_t width) override;

    States take() { return std::move(states_); }

private:
    void find_massive(std::uint32_t layer, std::span<const float> values, std::uint32_t width);

    std::set<std::uint32_t> layers_;
    MassiveRule rule_;
    States states_;
};

}  // namespace attnx::analysis
