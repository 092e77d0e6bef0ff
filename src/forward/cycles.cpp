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

void StackCycles::begin(const Traced& embedding) {
    high_ = embedding;
    Matrix low(embedding.rows, embedding.columns);
    for (std::size_t t = 0; t < low.rows; ++t) copy(first_low_, low.row(t));
    low_ = written(embedding.tape, {}, std::move(low));
}

void StackCycles::before(std::size_t layer, Traced& stream) const {
    if (layer % plan_.stack_layers != 0) return;
    stream = high_;
    add_into(stream, low_);
}

void StackCycles::after(std::size_t layer, Traced& stream) {
    if (!ends_pass(layer)) return;
    stream = normalized(rule_, {}, stream);
    (is_high(layer) ? high_ : low_) = stream;
}

Traced StackCycles::as_state(std::size_t layer, const Traced& stream) const {
    return ends_pass(layer) ? stream : normalized(rule_, {}, stream);
}

}  // namespace attnx::forward
