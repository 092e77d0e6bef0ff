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

DenseFfn::DenseFfn(const MixerParts& parts, const DenseStems& stems) : plan_(parts.plan.ffn), rule_(parts.norm_rule()) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width;
    const auto* up = tensors.find(stems.up);
    if (up == nullptr) return;
    down_ = tensors.linear(stems.down, kAny, width);
    const std::size_t inner = down_.weight.inputs;
    gate_ = tensors.optional_linear(stems.gate, width, inner);
    const bool stacked = !gate_ && up->ne[1] / 2 == inner && up->ne[1] % 2 == 0;
    up_ = tensors.linear(stems.up, width, stacked ? 2 * inner : inner);
    if (!plan_.biases) {
        for (Linear* linear : {&gate_, &up_, &down_}) linear->bias.clear();
    }
    if (stems.up != Stem::ffn_up) return;
    if (gate_) switched_gate_ = SwitchedProduct(parts, stems.gate, width, inner);
    if (gate_) switched_up_ = SwitchedProduct(parts, stems.up, width, inner);
    switched_down_ = SwitchedProduct(parts, stems.down, inner, width);
    sub_norm_ = tensors.optional_norm(Stem::ffn_sub_norm, inner);
    divisors_ = tensors.optional_vector(Stem::ffn_act, inner, Suffix::scales);
}

Matrix DenseFfn::activated(const Matrix& x, Workers& workers) const {
    Matrix up, gate;
    if (gate_) apply_all({{&gate_, &gate}, {&up_, &up}}, x, workers);
    else up = applied(up_, x, workers);
    switched_up_.add_to(up, x, workers);
    const std::size_t inner = down_.weight.inputs;
    const bool stacked = !gate_ && up.columns == 2 * inner;
    if (!gate_ && !stacked) {
        workers.parallel(up.rows, [&](std::size_t t, unsigned) {
            activate(plan_.activation, plan_.xielu, up.row(t), workers.simd());
        });
        return up;
    }
    if (stacked) gate = columns_of(up, 0, inner);
    switched_gate_.add_to(gate, x, workers);
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
    Matrix y = applied(down_, inner, workers);
    switched_down_.add_to(y, inner, workers);
    return y;
}

}  // namespace attnx::forward
