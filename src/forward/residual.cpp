#include "residual.h"

#include <cmath>

namespace attnx::forward {

using model::JoinRule;

Residual::Residual(const model::Graph& graph, const Tensors& tensors, const Stems& stems, std::uint32_t index)
    : rule_(graph.join),
      of_branch_(graph.join == JoinRule::normed ? 1.0F : graph.residual_scale),
      of_stream_(graph.join == JoinRule::normed ? graph.residual_scale : 1.0F),
      alpha_(tensors.optional_vector(stems.alpha, graph.width)) {
    if (!alpha_.empty()) beta_ = tensors.vector(stems.beta, graph.width);
    const auto scale = tensors.optional_vector(stems.scale, 1);
    if (!scale.empty()) of_stream_ = scale.front();
    if (rule_ == JoinRule::averaged) {
        const double terms = index + 2.0;  // the embedding, the branches before, this one
        of_branch_ = static_cast<float>(1.0 / std::sqrt(terms));
        of_stream_ = static_cast<float>(std::sqrt((terms - 1.0) / terms));
    }
}

void Residual::join(Traced& stream, const Traced& normed, Traced branch) const {
    if (rule_ == JoinRule::normed) stream = normed;
    if (!alpha_.empty()) {
        multiply_rows(stream, alpha_);
        multiply_rows(branch, beta_);
    }
    scale_by(branch, of_branch_);
    scale_by(stream, of_stream_);
    add_into(stream, branch);
}

}  // namespace attnx::forward
