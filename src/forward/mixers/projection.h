// Queries, keys and values of tokens, from one fused matrix or from one each.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "../adapters.h"
#include "../kernel.h"
#include "../weights.h"
#include "attnx/model/graph.h"
#include "mixer.h"
#include "routed_values.h"

namespace attnx::forward {

struct Projected {
    Matrix q, k, v;
    Matrix gate;  // of each head's dimensions, where the query's matrix holds it; otherwise empty
};

class Projection {
public:
    // borrows: keys and values are another layer's, so there are none here.
    Projection(const MixerParts& parts, bool borrows);

    Projected run(const Matrix& x, Workers& workers) const;

private:
    void bind_fused(const Tensors& tensors, std::size_t width);
    void bind_separate(const Tensors& tensors, std::size_t width);
    std::size_t q_size() const { return std::size_t{plan_.heads} * plan_.dim_k; }
    std::size_t k_size() const { return std::size_t{plan_.kv_heads} * plan_.dim_k; }
    std::size_t v_size() const { return std::size_t{plan_.kv_heads} * plan_.dim_v; }
    void split_query_gate(Projected& p) const;
    void run_separate(const Matrix& x, Projected& p, Workers& workers) const;

    model::AttentionPlan plan_;
    bool borrows_;
    Linear q_, k_, v_, qkv_;
    SwitchedProduct switched_q_, switched_k_, switched_v_;
    std::optional<RoutedValues> routed_;
};

}  // namespace attnx::forward
