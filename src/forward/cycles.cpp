#include "cycles.h"

#include "attnx/base/error.h"

namespace attnx::forward {

StackCycles::StackCycles(const model::Graph& graph, const Tensors& tensors)
    : plan_(*graph.cycles),
      rule_{graph.norm, graph.norm_epsilon},
      first_low_(tensors.vector(Stem::hrm_z_l_init, graph.width)) {
    if (plan_.stack_layers == 0 || plan_.low > graph.layers.size())
        throw Error(ErrorCode::bad_value, "stacks that do not run as often as there are layers");
}

void StackCycles::begin(const Matrix& embedding) {
    high_ = embedding;
    low_ = Matrix(embedding.rows, embedding.columns);
    for (std::size_t t = 0; t < low_.rows; ++t) copy(first_low_, low_.row(t));
}

void StackCycles::before(std::size_t layer, Matrix& stream) const {
    if (layer % plan_.stack_layers != 0) return;
    stream = high_;
    add_into(stream, low_);
}

void StackCycles::after(std::size_t layer, Matrix& stream) {
    if ((layer + 1) % plan_.stack_layers != 0) return;
    stream = normalized(rule_, {}, stream);
    (is_high(layer) ? high_ : low_) = stream;
}

}  // namespace attnx::forward
