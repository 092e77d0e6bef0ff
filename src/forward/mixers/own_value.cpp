#include "own_value.h"

#include <algorithm>
#include <cmath>

#include "../ops/activation.h"
#include "../ops/matmul.h"
#include "heads.h"

namespace attnx::forward {

ValueEmbedding::ValueEmbedding(const MixerParts& parts)
    : kv_heads_(parts.plan.attention.kv_heads),
      gate_(parts.tensors.optional_linear(Stem::attn_ve_gate, parts.graph.width, kv_heads_)) {
    const std::size_t values = product({kv_heads_, parts.plan.attention.dim_v}, "values");
    if (gate_) table_ = parts.model_tensors.matrix(Stem::value_embd, values, kAny);
}

void ValueEmbedding::add_to(Matrix& values, const Matrix& x, const Pass& pass) const {
    if (!gate_) return;
    const Matrix gates = applied(gate_, x, pass.workers);
    const std::size_t dim = share(values.columns, kv_heads_, "values over heads");
    std::vector<float> own(table_.inputs);
    for (std::size_t t = 0; t < values.rows; ++t) {
        table_.read(pass.tokens[t], 1, own);
        const std::span<float> row = values.row(t);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] += own[i] * sigmoid(gates.row(t)[i / dim]);
    }
}

OwnValueRemoved::OwnValueRemoved(const MixerParts& parts)
    : heads_(parts.plan.attention.heads),
      kv_heads_(parts.plan.attention.kv_heads),
      epsilon_(parts.plan.attention.own_value_epsilon),
      alpha_(parts.tensors.optional_vector(Stem::attn_xsa_alpha, heads_)) {}

void OwnValueRemoved::remove_from(Matrix& mixed, const Matrix& values) const {
    if (alpha_.empty()) return;
    const std::size_t dim = share(mixed.columns, heads_, "a row of heads"), of_key = heads_ / kv_heads_;
    for (std::size_t t = 0; t < mixed.rows; ++t) {
        for (std::size_t h = 0; h < heads_; ++h) {
            const std::span<float> head = mixed.part(t, h * dim, dim);
            const std::span<const float> own = values.part(t, h / of_key * dim, dim);
            double squares = 0.0;
            for (const float v : own) squares += static_cast<double>(v * v);
            const float scale = 1.0F / std::max(static_cast<float>(std::sqrt(squares)), epsilon_);
            double along = 0.0;
            for (std::size_t i = 0; i < dim; ++i) along += static_cast<double>(head[i] * (own[i] * scale));
            const float part = static_cast<float>(along) * alpha_[h];
            for (std::size_t i = 0; i < dim; ++i) head[i] -= own[i] * scale * part;
        }
    }
}

}  // namespace attnx::forward
