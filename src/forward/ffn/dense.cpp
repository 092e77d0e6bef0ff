#include "dense.h"

#include <cmath>
#include <string>

#include "../mixers/heads.h"
#include "../ops/activation.h"
#include "../ops/matmul.h"

namespace attnx::forward {

namespace {

// Keeps what exceeds the row's mean by `deviations` standard deviations (Gemma 3n's activation sparsity).
void keep_outliers(std::span<float> x, float deviations) {
    const auto n = static_cast<float>(x.size());
    double sum = 0.0, squares = 0.0;
    for (const float v : x) sum += static_cast<double>(v);
    const float mean = static_cast<float>(sum) / n;
    for (const float v : x) squares += static_cast<double>((v - mean) * (v - mean));
    const float deviation = std::sqrt(static_cast<float>(squares) * (1.0F / (n - 1.0F)));
    const float cutoff = mean + deviation * deviations;
    for (float& v : x) v = std::max(v - cutoff, 0.0F);
}

}  // namespace

DenseFfn::DenseFfn(const Tensors& tensors, std::string_view suffix, const model::FfnPlan& plan, NormRule rule) : plan_(plan), rule_(rule) {
    const std::string end(suffix);
    up_ = tensors.linear("ffn_up" + end);
    if (!up_) return;
    gate_ = tensors.linear("ffn_gate" + end);
    down_ = tensors.require_linear("ffn_down" + end);
    if (!plan.biases) {
        for (Linear* linear : {&gate_, &up_, &down_}) linear->bias.clear();
    }
    sub_norm_ = tensors.norm("ffn_sub_norm");
    divisors_ = tensors.exact("ffn.act.scales");
    const std::size_t inner = down_.weight.inputs;
    expect_shape(gate_.weight, up_.weight.inputs, inner);
    if (gate_ || up_.weight.outputs != 2 * inner) expect_shape(up_.weight, up_.weight.inputs, inner);
}

Matrix DenseFfn::activated(const Matrix& x, Workers& workers) const {
    Matrix up = applied(up_, x, workers);
    const std::size_t inner = down_.weight.inputs;
    const bool stacked = !gate_ && up.columns == 2 * inner;
    if (!gate_ && !stacked) {
        workers.parallel(up.rows, [&](std::size_t t, unsigned) { activate(plan_.activation, plan_.xielu, up.row_span(t), workers.simd()); });
        return up;
    }
    Matrix gate = stacked ? columns_of(up, 0, inner) : applied(gate_, x, workers);
    workers.parallel(gate.rows, [&](std::size_t t, unsigned) {
        if (plan_.sparsity_deviations > 0.0F) keep_outliers(gate.row_span(t), plan_.sparsity_deviations);
        gate_activation(plan_.activation, plan_.clamp, gate.row_span(t), {up.row(t) + (stacked ? inner : 0), inner}, workers.simd());
    });
    return gate;
}

Matrix DenseFfn::run(const Matrix& x, Workers& workers) const {
    Matrix inner = activated(x, workers);
    if (!divisors_.empty() && divisors_.size() == inner.columns) {
        for (std::size_t t = 0; t < inner.rows; ++t) {
            for (std::size_t i = 0; i < inner.columns; ++i) inner.row(t)[i] /= divisors_[i];
        }
    }
    if (sub_norm_) inner = normalized(rule_, sub_norm_, inner);
    return applied(down_, inner, workers);
}

}  // namespace attnx::forward
