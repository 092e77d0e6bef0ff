// A panel is 16 rows of W, dequantised and transposed so that one load brings the weights of one input for 16 outputs.
#include "matmul.h"

#include <algorithm>
#include <vector>

#include "panel.h"

namespace attnx::forward {

namespace {

struct Scratch {
    std::vector<float> rows, panel;
};

}  // namespace

void multiply(const Weight& weight, const float* x, std::size_t x_stride, std::size_t tokens, float* y, std::size_t y_stride,
              Workers& workers) {
    if (tokens == 0 || weight.outputs == 0) return;
    constexpr std::size_t kRowsPerTask = 4 * kPanelOutputs;
    std::vector<Scratch> scratch(workers.size());
    workers.parallel((weight.outputs + kRowsPerTask - 1) / kRowsPerTask, [&](std::size_t task, unsigned worker) {
        auto& mine = scratch[worker];
        mine.rows.resize(kPanelOutputs * weight.inputs);
        mine.panel.resize(kPanelOutputs * weight.inputs);
        const std::size_t end = std::min((task + 1) * kRowsPerTask, weight.outputs);
        for (std::size_t first = task * kRowsPerTask; first < end; first += kPanelOutputs) {
            const std::size_t outputs = std::min(kPanelOutputs, end - first);
            weight.read(first, outputs, mine.rows.data());
            transpose_panel(mine.rows.data(), weight.inputs, outputs, weight.inputs, mine.panel.data());
            panel_product(mine.panel.data(), kPanelOutputs, weight.inputs, x, x_stride, tokens, y + first, y_stride, outputs);
        }
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
