// From token ids to what the first block reads.
#pragma once

#include <cstdint>
#include <span>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "ops/norm.h"
#include "weights.h"

namespace attnx::forward {

class Embedding {
public:
    Embedding(const model::Graph& graph, const Tensors& tensors, NormRule rule);

    std::size_t vocabulary() const { return tokens_.outputs; }
    // Throws bad_value for an id outside the vocabulary, and for a position the model has not learned.
    void check(std::span<const std::uint32_t> tokens, std::uint32_t first_position, const std::string& path) const;
    Matrix run(std::span<const std::uint32_t> tokens, std::uint32_t first_position) const;

private:
    const model::Graph& graph_;
    NormRule rule_;
    Weight tokens_, positions_, types_;
    Norm norm_;
};

}  // namespace attnx::forward
