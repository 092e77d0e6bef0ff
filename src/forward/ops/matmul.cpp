#include "matmul.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "../kernel.h"
#include "attnx/base/error.h"

namespace attnx::forward {

namespace {

struct Scratch {
    Floats rows;  // of W, dequantised
    Floats room;
};

void expect_fit(const Weight& weight, std::size_t inputs, std::size_t outputs) {
    if (weight.tensor != nullptr && weight.inputs == inputs && weight.outputs == outputs) return;
    const std::string name(weight.tensor != nullptr ? weight.tensor->name : "a matrix that is not there");
    throw Error(ErrorCode::bad_dimensions,
                fmt::format("{} maps {} numbers to {}, expected {} to {}", name, weight.inputs, weight.outputs, inputs,
                            outputs),
                {{}, {}, name});
}

}  // namespace

void multiply_columns(const Weight& weight, std::size_t first, Strip<const float> x, Strip<float> y, Workers& workers) {
    expect_fit(weight, weight.inputs, y.columns);
    if (x.rows != y.rows) outside(0, x.rows, y.rows, "rows of a matrix");
    if (x.rows == 0) return;
    constexpr std::size_t kRowsAtOnce = 64;
    std::vector<Scratch> scratch(workers.size());
    workers.parallel((weight.outputs + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t task, unsigned worker) {
        auto& [rows, room] = scratch[worker];
        const std::size_t from = task * kRowsAtOnce, outputs = std::min(kRowsAtOnce, weight.outputs - from);
        const Strip<float> to = y.columns_from(from, outputs);
        rows.resize(outputs * weight.inputs);
        weight.read(from, outputs, rows);
        const Strip<const float> w{rows.data(), outputs, weight.inputs, weight.inputs};
        dot_products(x, w.columns_from(first, x.columns), to, Rest::in_turn, room, workers.simd());
    });
}

void multiply(const Weight& weight, Strip<const float> x, Strip<float> y, Workers& workers) {
    expect_fit(weight, x.columns, y.columns);
    multiply_columns(weight, 0, x, y, workers);
}

void apply(const Linear& linear, const Matrix& x, Matrix& y, Workers& workers) {
    if (!linear)
        throw Error(ErrorCode::missing_tensor, fmt::format("the model has no tensor {}", linear.name),
                    {{}, {}, linear.name});
    y.resize(x.rows, linear.weight.outputs);
    multiply(linear.weight, x.all(), y.all(), workers);
    scale_by(y, linear.scale);
    if (linear.bias.empty()) return;
    for (std::size_t t = 0; t < y.rows; ++t) add(y.row(t), linear.bias);
}

Matrix applied(const Linear& linear, const Matrix& x, Workers& workers) {
    Matrix y;
    apply(linear, x, y, workers);
    return y;
}

}  // namespace attnx::forward
