#include "matmul.h"

#include <algorithm>
#include <vector>

#include "dot.h"

namespace attnx::forward {

namespace {

struct Scratch {
    Floats rows;  // of W, dequantised
    Floats room;
};

}  // namespace

void multiply(const Weight& weight, const float* x, std::size_t x_stride, std::size_t tokens, float* y, std::size_t y_stride,
              Workers& workers) {
    if (tokens == 0 || weight.outputs == 0) return;
    constexpr std::size_t kRowsAtOnce = 64;
    std::vector<Scratch> scratch(workers.size());
    workers.parallel((weight.outputs + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t task, unsigned worker) {
        auto& [rows, room] = scratch[worker];
        const std::size_t first = task * kRowsAtOnce, outputs = std::min(kRowsAtOnce, weight.outputs - first);
        rows.resize(kRowsAtOnce * weight.inputs);
        weight.read(first, outputs, rows.data());
        dot_products({x, x_stride, tokens}, {rows.data(), weight.inputs, outputs}, weight.inputs, y + first, y_stride, Rest::in_turn, room,
                     workers.simd());
    });
}

void apply(const Linear& linear, const Matrix& x, Matrix& y, Workers& workers) {
    if (x.columns != linear.weight.inputs) expect_shape(linear.weight, x.columns, linear.weight.outputs);
    y.resize(x.rows, linear.weight.outputs);
    multiply(linear.weight, x.values.data(), x.columns, x.rows, y.values.data(), y.columns, workers);
    scale_by(y, linear.scale);
    if (linear.bias.empty()) return;
    for (std::size_t t = 0; t < y.rows; ++t) {
        float* row = y.row(t);
        for (std::size_t i = 0; i < y.columns; ++i) row[i] += linear.bias[i];
    }
}

Matrix applied(const Linear& linear, const Matrix& x, Workers& workers) {
    Matrix y;
    apply(linear, x, y, workers);
    return y;
}

}  // namespace attnx::forward
