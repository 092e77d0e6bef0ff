// What reads the stream after the last block: the norm in front of the output matrix, and the scores of the vocabulary.
#pragma once

#include <cstddef>
#include <optional>

#include "attnx/model/graph.h"
#include "hyper.h"
#include "kernel.h"
#include "ops/norm.h"
#include "weights.h"

namespace attnx::forward {

class OutputHead {
public:
    OutputHead(const model::Graph& graph, const Tensors& tensors, std::size_t vocabulary, NormRule rule);

    bool has_norm() const { return normed_; }
    bool scores() const { return static_cast<bool>(matrix_); }
    Matrix normed(Matrix stream, Workers& workers);  // as the output matrix reads it
    // [rows, vocabulary] of rows of the stream; no rows without an output matrix.
    Matrix logits(Matrix stream, Workers& workers);
    // Alone, as blocks apply it that end with it.
    Matrix norm_alone(const Matrix& stream) const { return normalized(rule_, norm_, stream); }

private:
    void bend(Matrix& scores) const;

    const model::Graph& graph_;
    NormRule rule_;
    std::optional<StreamMixer> streams_;
    Norm norm_;
    Linear matrix_;
    bool normed_ = false;
};

}  // namespace attnx::forward
