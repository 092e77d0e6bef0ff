// Layers that read mixtures of earlier layers' inputs (MUDD, arXiv 2502.12170): a small network makes two rows of
// weights for each token, one for what the mixer reads and one for the residual stream.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "ops/norm.h"
#include "traced.h"
#include "weights.h"

namespace attnx::forward {

class DenseTaps {
public:
    DenseTaps(const model::Graph& graph, const std::function<Tensors(std::size_t)>& tensors_of_layer);

    void begin() { inputs_.clear(); }
    // Before each layer in turn: the stream becomes the mixture for the residual; returns that for the mixer, or
    // nothing where the layer reads the stream itself.
    Traced mix(std::size_t layer, Traced& stream, Workers& workers);

private:
    struct Layer {
        std::vector<std::uint32_t> taps;
        Linear down, up;
    };
    Traced mixture(const Layer& layer, const Matrix& weights, std::size_t first) const;

    NormRule rule_;
    std::vector<Layer> layers_;
    std::vector<Traced> inputs_;  // of the layers so far
};

}  // namespace attnx::forward
