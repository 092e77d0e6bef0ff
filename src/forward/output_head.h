// What reads the stream after the last block: the norm in front of the output matrix, and the scores of the vocabulary.
#pragma once

#include <cstddef>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "ops/norm.h"
#include "traced.h"
#include "weights.h"

namespace attnx::forward {

class OutputHead {
public:
    OutputHead(const model::Graph& graph, const Tensors& tensors, std::size_t vocabulary, NormRule rule);

    bool has_norm() const { return normed_; }
    bool scores() const { return static_cast<bool>(matrix_); }
    Traced normed(const Traced& stream) const { return normalized(rule_, norm_, stream); }
    // What the output matrix reads of the stream.
    Traced read(Traced stream) const;
    // [rows, vocabulary] of rows of the stream; no rows without an output matrix.
    Matrix logits(Matrix stream, Workers& workers) const;
    // Of the noted row of what was read. Throws not_found for a token that never comes next.
    Attribution attribution(const Tape& tape, Tape::Node node, std::span<const float> row, std::uint32_t token,
                            Workers& workers) const;

private:
    void bend(Matrix& scores) const;

    const model::Graph& graph_;
    NormRule rule_;
    Norm norm_;
    Linear matrix_;
    bool normed_ = false;
};

}  // namespace attnx::forward
