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

DenseFfn::DenseFfn(const Tensors& tensors, const DenseStems& stems, const model::FfnPlan& plan, NormRule rule,
                   std::size_t width)
    : plan_(plan), rule_(rule) {
    const auto* up = tensors.find(stems.up);
    if (up == nullptr) return;
    down_ = tensors.linear(stems.down, kAny, width);
    const std::size_t inner = down_.weight.inputs;
    gate_ = tensors.optional_linear(stems.gate, width, inner);
    const bool stacked = !gate_ && up->ne[1] / 2 == inner && up->ne[1] % 2 == 0;
    up_ = tensors.linear(stems.up, width, stacked ? 2 * inner : inner);
    if (!plan.biases) {
        for (Linear* linear : {&gate_, &up_, &down_}) linear->bias.clear();
    }
    if (stems.up != Stem::ffn_up) return;
    sub_norm_ = tensors.optional_norm(Stem::ffn_sub_norm, inner);
    divisors_ = tensors.optional_vector(Stem::ffn_act, inner, Suffix::scales);
}

Matrix DenseFfn::activated(const Matrix& x, Workers& workers) const {
    Matrix up = applied(up_, x, workers);
    const std::size_t inner = down_.weight.inputs;
    const bool stacked = !gate_ && up.columns == 2 * inner;
    if (!gate_ && !stacked) {
        workers.parallel(up.rows, [&](std::size_t t, unsigned) {
            activate(plan_.activation, plan_.xielu, up.row(t), workers.simd());
        });
        return up;
    }
    Matrix gate = stacked ? columns_of(up, 0, inner) : applied(gate_, x, workers);
    workers.parallel(gate.rows, [&](std::size_t t, unsigned) {
        if (plan_.sparsity_deviations > 0.0F) keep_outliers(gate.row(t), plan_.sparsity_deviations);
        gate_activation({plan_.activation, plan_.clamp, plan_.clamp_before_activation, plan_.situ}, gate.row(t),
                        up.part(t, stacked ? inner : 0, inner), workers.simd());
    });
    return gate;
}

Matrix DenseFfn::run(const Matrix& x, Workers& workers) const {
    Matrix inner = activated(x, workers);
    for (std::size_t t = 0; t < inner.rows && !divisors_.empty(); ++t) {
        const std::span<float> row = inner.part(t, 0, divisors_.size());
        for (std::size_t i = 0; i < row.size(); ++i) row[i] /= divisors_[i];
    }
    if (sub_norm_) inner = normalized(rule_, sub_norm_, inner);
    return applied(down_, inner, workers);
}

}  // namespace attnx::forward
