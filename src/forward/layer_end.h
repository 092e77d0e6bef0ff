// What a layer does to the stream after its block.
#pragma once

#include <optional>
#include <vector>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "streams.h"
#include "traced.h"
#include "weights.h"

namespace attnx::forward {

struct LayerEnd {
    LayerEnd(const model::Graph& graph, const Tensors& tensors);
    void scale(Traced& stream) const;  // by layer_output_scale

    std::optional<AltUpLayer> altup;
    std::optional<PerLayerGate> gate;
    std::vector<float> factors;  // one, or one for each element of the stream; empty: none
};

}  // namespace attnx::forward
