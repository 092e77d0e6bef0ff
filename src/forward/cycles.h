// Two stacks of blocks that run in cycles (HRM): the high stack and the low one each keep a state; every pass over a
// stack starts from the sum of both, and what it gives, normalised, is its stack's new state.
#pragma once

#include <cstddef>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "ops/norm.h"
#include "traced.h"
#include "weights.h"

namespace attnx::forward {

class StackCycles {
public:
    StackCycles(const model::Graph& graph, const Tensors& tensors);

    void begin(const Traced& embedding);
    // Around each layer: the first of a pass reads the states, the last one leaves the stream as its stack's state.
    void before(std::size_t layer, Traced& stream) const;
    void after(std::size_t layer, Traced& stream);
    // What a layer left, after(), as the state of its stack.
    Traced as_state(std::size_t layer, const Traced& stream) const;

private:
    bool ends_pass(std::size_t layer) const { return (layer + 1) % plan_.stack_layers == 0; }
    bool is_high(std::size_t layer) const { return layer / plan_.stack_layers % (plan_.low + 1) == plan_.low; }

    model::Cycles plan_;
    NormRule rule_;
    std::vector<float> first_low_;
    Traced high_, low_;
};

}  // namespace attnx::forward
