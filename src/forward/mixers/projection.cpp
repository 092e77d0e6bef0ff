#include "projection.h"

#include <algorithm>
#include <utility>

#include "../ops/matmul.h"
#include "heads.h"

namespace attnx::forward {

Projection::Projection(const MixerParts& parts, bool borrows) : plan_(parts.plan.attention), borrows_(borrows) {
    const Tensors& tensors = parts.tensors;
    if (tensors.has(Stem::attn_v_exps)) routed_.emplace(parts, v_size());
    if (tensors.has(Stem::attn_qkv)) bind_fused(tensors, parts.graph.width);
    else bind_separate(tensors, parts.graph.width);
    if (parts.graph.adapters) {
        switched_q_ = SwitchedProduct(parts, Stem::attn_q, parts.graph.width, q_size());
        switched_k_ = SwitchedProduct(parts, Stem::attn_k, parts.graph.width, k_size());
        switched_v_ = SwitchedProduct(parts, Stem::attn_v, parts.graph.width, v_size());
    }
    if (plan_.qkv_bias && !borrows_) return;
    for (Linear* linear : {&qkv_, &q_, &k_, &v_}) linear->bias.clear();
}

void Projection::bind_fused(const Tensors& tensors, std::size_t width) {
    const std::size_t all = q_size() + k_size() + v_size(),
                      square = 3 * width;  // square: for all heads, whatever K and V take of it
    const bool is_square = tensors.require(Stem::attn_qkv).ne[1] == square && all <= square;
    qkv_ = tensors.linear(Stem::attn_qkv, width, is_square ? square : all);
    if (!plan_.thirds) return;
    const std::size_t third = share(qkv_.weight.outputs, 3, qkv_.name);
    if (q_size() > third || k_size() > third || v_size() > third)
        qkv_ = tensors.linear(Stem::attn_qkv, width, 3 * q_size());
}

void Projection::bind_separate(const Tensors& tensors, std::size_t width) {
    const bool gated = tensors.require(Stem::attn_q).ne[1] == 2 * q_size() &&
                       plan_.dim_k == plan_.dim_v;  // each head's query, then its gate
    q_ = tensors.linear(Stem::attn_q, width, gated ? 2 * q_size() : q_size());
    if (borrows_) return;
    k_ = tensors.linear(Stem::attn_k, width, k_size());
    if (routed_) return;
    v_ = plan_.value_is_key ? tensors.optional_linear(Stem::attn_v, width, v_size())
                            : tensors.linear(Stem::attn_v, width, v_size());
    if (!v_ && k_size() != v_size()) tensors.require(Stem::attn_v);
}

// Queries with a gate for each head behind it.
void Projection::split_query_gate(Projected& p) const {
    if (p.q.columns != 2 * q_size()) return;
    const std::size_t dim = plan_.dim_k;
    Matrix q(p.q.rows, q_size()), gate(p.q.rows, q_size());
    for (std::size_t t = 0; t < q.rows; ++t) {
        for (std::size_t h = 0; h < plan_.heads; ++h) {
            copy(p.q.part(t, 2 * h * dim, dim), q.part(t, h * dim, dim));
            copy(p.q.part(t, (2 * h + 1) * dim, dim), gate.part(t, h * dim, dim));
        }
    }
    p.q = std::move(q);
    p.gate = std::move(gate);
}

void Projection::run_separate(const Matrix& x, Projected& p, Workers& workers) const {
    if (borrows_) return apply_all({{&q_, &p.q}}, x, workers);
    if (v_) return apply_all({{&q_, &p.q}, {&k_, &p.k}, {&v_, &p.v}}, x, workers);
    apply_all({{&q_, &p.q}, {&k_, &p.k}}, x, workers);
    p.v = routed_ ? routed_->run(x, workers) : p.k;
}

Projected Projection::run(const Matrix& x, Workers& workers) const {
    Projected p;
    if (qkv_) {
        const Matrix all = applied(qkv_, x, workers);
        const std::size_t k_at = plan_.thirds ? all.columns / 3 : q_size();
        const std::size_t v_at = plan_.thirds ? 2 * k_at : q_size() + k_size();
        p.q = columns_of(all, 0, q_size());
        p.k = columns_of(all, k_at, k_size());
        p.v = columns_of(all, v_at, v_size());
    } else {
        run_separate(x, p, workers);
        split_query_gate(p);
    }
    switched_q_.add_to(p.q, x, workers);
    switched_k_.add_to(p.k, x, workers);
    switched_v_.add_to(p.v, x, workers);
    if (plan_.clamp) {
        for (Matrix* m : {&p.q, &p.k, &p.v})
            for (float& value : m->values) value = std::clamp(value, -*plan_.clamp, *plan_.clamp);
    }
    return p;
}

}  // namespace attnx::forward
