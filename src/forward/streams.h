// What some models do to the residual stream around and after each block.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "ops/norm.h"
#include "traced.h"
#include "weights.h"

namespace attnx::forward {

// Per-layer embeddings (Gemma 3n and 4): each layer has a small embedding of each token, mixed with a projection of the
// main one.
class LayerEmbeddings {
public:
    // Throws bad_dimensions unless the table has a row for each of `vocabulary` tokens.
    LayerEmbeddings(const model::Graph& graph, const Tensors& tensors, std::size_t vocabulary);

    // For the tokens fed; embedding: their scaled main embedding.
    void prepare(std::span<const std::uint32_t> tokens, const Matrix& embedding, Workers& workers);
    const Matrix& of_layer(std::size_t layer) const { return inputs_.at(layer); }

private:
    const model::Graph& graph_;
    Weight table_;  // empty: the projection is all
    Linear projection_;
    Norm norm_;
    std::vector<Matrix> inputs_;  // by layer, [tokens, width]
};

// How a layer adds its per-layer input: n(p(gelu(g x) * input)).
class PerLayerGate {
public:
    PerLayerGate(const model::Graph& graph, const Tensors& tensors);
    Matrix run(NormRule rule, const Matrix& x, const Matrix& input, Workers& workers) const;

private:
    Linear gate_, projection_;
    Norm norm_;
};

// AltUp (arXiv 2301.13310): several copies of the stream; only one goes through the block, the others are predicted
// from all and corrected by what the block changed.
class AltUpLayer {
public:
    AltUpLayer(const model::Graph& graph, const Tensors& tensors);

    std::vector<Traced> predict(const std::vector<Traced>& copies, Workers& workers) const;
    std::vector<Traced> correct(std::vector<Traced> predicted, const Traced& activated, Workers& workers) const;
    void scale_corrected(Matrix& active) const;  // by altup_correct_scale

private:
    Matrix modalities(const Matrix& x, Workers& workers) const;

    NormRule rule_;
    std::uint32_t copies_, active_;
    Norm router_norm_;
    Linear router_, predict_, correct_;
    std::vector<float> correct_scale_;
};

// Embeds into, and collapses, the copies.
class AltUpEnds {
public:
    AltUpEnds(const model::Graph& graph, const Tensors& tensors);
    std::vector<Traced> spread(const Traced& embedding, Workers& workers) const;
    Traced collapse(const std::vector<Traced>& copies, Workers& workers) const;

private:
    std::uint32_t copies_, active_;
    WeightStack in_, out_;
};

}  // namespace attnx::forward
