#include "taps.h"

#include "ops/activation.h"
#include "ops/matmul.h"

namespace attnx::forward {

DenseTaps::DenseTaps(const model::Graph& graph, const std::function<Tensors(std::size_t)>& tensors_of_layer)
    : rule_{graph.norm, graph.norm_epsilon} {
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        Layer layer{graph.taps->of_layer.at(i), {}, {}};
        if (!layer.taps.empty()) {
            const Tensors tensors = tensors_of_layer(i);
            layer.down = tensors.linear(Stem::mudd_down, graph.width, kAny);
            layer.up = tensors.linear(Stem::mudd_up, layer.down.weight.outputs, 2 * layer.taps.size());
        }
        layers_.push_back(std::move(layer));
    }
}

// Weights from column `first` on, one for each tap.
Traced DenseTaps::mixture(const Layer& layer, const Matrix& weights, std::size_t first) const {
    Traced sum(Matrix(weights.rows, inputs_.front().columns));
    std::vector<Tape::Term> terms;
    Tape* tape = inputs_.front().tape;
    for (std::size_t tap = 0; tap < layer.taps.size(); ++tap) {
        const Traced& input = inputs_.at(layer.taps[tap]);
        for (std::size_t t = 0; t < sum.rows; ++t) {
            const float weight = weights.part(t, first + tap, 1).front();
            add_scaled(sum.row(t), input.row(t), weight);
            if (tape != nullptr && t == tape->row()) terms.push_back(input.whole(weight));
        }
    }
    sum.is_sum_of(tape, std::move(terms));
    return sum;
}

Traced DenseTaps::mix(std::size_t index, Traced& stream, Workers& workers) {
    inputs_.push_back(stream);
    const Layer& layer = layers_.at(index);
    if (layer.taps.empty()) return {};
    Matrix inner = applied(layer.down, normalized(rule_, {}, static_cast<const Matrix&>(stream)), workers);
    activate(model::Activation::gelu_erf, {}, inner.values, workers.simd());
    const Matrix weights = applied(layer.up, inner, workers);
    stream = mixture(layer, weights, layer.taps.size());
    return mixture(layer, weights, 0);
}

}  // namespace attnx::forward
