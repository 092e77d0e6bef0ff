// forward: what running a model on some tokens takes in memory, worked out from its plan before anything runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnx/base/budget.h"
#include "attnx/model/graph.h"
#include "attnx/model/tensor_plan.h"

namespace attnx::forward {

// Beyond the pages of the file. Upper bounds, in floats; sums saturate.
struct Footprint {
    std::uint64_t kept = 0;         // of each token: keys and values
    std::uint64_t packed = 0;       // … of the layer that keeps most, laid out for products
    std::uint64_t states = 0;       // however many tokens: recurrent states
    std::uint64_t activations = 0;  // of each token, in the layer that asks most
    bool chooses_keys = false;      // an indexer does, for each query
    bool attends = false;           // some layer has softmax attention
    std::uint64_t longest_row = 0;  // of a matrix

    // What a session takes in bytes to have been fed `tokens` tokens, at once.
    std::vector<Need> needs(std::uint64_t tokens, unsigned threads) const;
};
Footprint footprint(const model::TensorPlan& tensors, const model::Graph& graph);

// Maps of some layers, [heads, tokens, tokens] as float32 each.
Need map_needs(const model::Graph& graph, std::span<const std::uint32_t> layers, std::uint64_t tokens);

}  // namespace attnx::forward
