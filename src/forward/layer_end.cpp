#include "layer_end.h"

namespace attnx::forward {

LayerEnd::LayerEnd(const model::Graph& graph, const Tensors& tensors) {
    if (graph.altup) altup.emplace(graph, tensors);
    if (graph.per_layer_input) gate.emplace(graph, tensors);
    const auto* scale = tensors.find(Stem::layer_output_scale);
    if (scale != nullptr) factors = tensors.vector(Stem::layer_output_scale, scale->elements == 1 ? 1 : graph.width);
    if (graph.skip_from_embedding) tensors.require(Stem::layer_output_scale);
}

void LayerEnd::scale(Traced& stream) const {
    if (factors.empty()) return;
    if (factors.size() == 1) return scale_by(stream, factors[0]);
    multiply_rows(stream, factors);
}

}  // namespace attnx::forward
