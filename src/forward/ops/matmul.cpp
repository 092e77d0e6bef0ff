#include "matmul.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "../kernel.h"
#include "attnx/base/error.h"
#include "attnx/tensor/integers.h"
#include "integer_scratch.h"

namespace attnx::forward {

namespace {

constexpr std::size_t kRowsAtOnce = 64;

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

// Every task has kRowsAtOnce rows of W, the last maybe fewer.
template <class Body>
void each_few_rows(const Weight& weight, Workers& workers, const Body& body) {
    workers.parallel((weight.outputs + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t task, unsigned worker) {
        const std::size_t from = task * kRowsAtOnce;
        body(from, std::min(kRowsAtOnce, weight.outputs - from), worker);
    });
}

void multiply_integers(const Weight& weight, const IntegerForm& form, Strip<const float> x, Strip<float> y,
                       Workers& workers) {
    Eights rounded;
    rounded.resize(form, x.rows, x.columns, workers.simd());
    workers.parallel(x.rows, [&](std::size_t t, unsigned) { rounded.round(form, t, x.row(t), workers.simd()); });
    std::vector<IntegerScratch> scratch(workers.size());
    each_few_rows(weight, workers, [&](std::size_t from, std::size_t count, unsigned worker) {
        const IntegerRows w =
            scratch[worker].read(form, {weight.tensor->type->type, weight.order}, count, weight.inputs,
                                 [&](std::size_t i) { return weight.rows(from + i, 1).bytes; });
        integer_products(form, rounded, w, y.columns_from(from, count), scratch[worker].room, workers.simd());
    });
}

struct Columns {
    std::size_t first = 0;
    LastSums last = LastSums::neighbours;
};

void multiply_floats(const Weight& weight, Columns columns, Strip<const float> x, Strip<float> y, Workers& workers) {
    std::vector<Scratch> scratch(workers.size());
    each_few_rows(weight, workers, [&](std::size_t from, std::size_t outputs, unsigned worker) {
        auto& [rows, room] = scratch[worker];
        const Strip<float> to = y.columns_from(from, outputs);
        rows.resize(outputs * weight.inputs);
        weight.read(from, outputs, rows);
        const Strip<const float> w{rows.data(), outputs, weight.inputs, weight.inputs};
        dot_products(x, w.columns_from(columns.first, x.columns), to, Rest::in_turn, room, workers.simd(),
                     columns.last);
    });
}

Matrix rounded_to(Rounding rounding, Strip<const float> x, Simd simd) {
    Matrix rounded(x.rows, x.columns);
    for (std::size_t t = 0; t < x.rows; ++t) copy(x.row(t), rounded.row(t));
    round_floats(rounding, rounded.values, simd);
    return rounded;
}

}  // namespace

void multiply_columns(const Weight& weight, std::size_t first, Strip<const float> x, Strip<float> y, Workers& workers) {
    expect_fit(weight, weight.inputs, y.columns);
    if (x.rows != y.rows) outside(0, x.rows, y.rows, "rows of a matrix");
    if (x.rows == 0) return;
    multiply_floats(weight, {first}, x, y, workers);
}

namespace {

// Of a matrix in a rotated basis the product is that of what is stored with the input, rotated: llama.cpp's way, which
// leaves the matrix as it was quantised.
void multiply_stored(const Weight& weight, Strip<const float> x, Strip<float> y, Workers& workers) {
    Matrix turned(x.rows, x.columns);
    for (std::size_t t = 0; t < x.rows; ++t) {
        copy(x.row(t), turned.row(t));
        weight.turn->apply(turned.row(t));
    }
    Weight stored = weight;
    stored.turn = nullptr;
    multiply(stored, turned.all(), y, workers);
}

}  // namespace

void multiply(const Weight& weight, Strip<const float> x, Strip<float> y, Workers& workers) {
    expect_fit(weight, x.columns, y.columns);
    if (weight.turn != nullptr) return multiply_stored(weight, x, y, workers);
    const IntegerForm form =
        workers.numerics() == Numerics::floats ? IntegerForm{} : tensor::integer_form(weight.tensor->type->type);
    if (x.rows != y.rows) outside(0, x.rows, y.rows, "rows of a matrix");
    if (x.rows == 0) return;
    switch (form.rounding) {
        case Rounding::none: return multiply_floats(weight, {}, x, y, workers);
        case Rounding::half:
        case Rounding::bfloat:
            return multiply_floats(weight, {.last = last_sums_of(form.rounding)},
                                   rounded_to(form.rounding, x, workers.simd()).all(), y, workers);
        default: return multiply_integers(weight, form, x, y, workers);
    }
}

// Rows are read by some threads and added up by all, each sum in the order of the rows.
std::vector<double> multiply_transposed(const Weight& weight, std::span<const double> y, Workers& workers) {
    constexpr std::size_t kRowsHeld = 256, kColumns = 512;
    expect_fit(weight, weight.inputs, y.size());
    std::vector<double> sums(weight.inputs);
    Matrix rows(std::min(kRowsHeld, weight.outputs), weight.inputs);
    for (std::size_t first = 0; first < weight.outputs; first += rows.rows) {
        const std::size_t count = std::min(rows.rows, weight.outputs - first);
        workers.parallel(count, [&](std::size_t i, unsigned) { weight.read(first + i, 1, rows.row(i)); });
        workers.parallel((weight.inputs + kColumns - 1) / kColumns, [&](std::size_t task, unsigned) {
            const std::size_t from = task * kColumns, end = std::min(from + kColumns, weight.inputs);
            for (std::size_t i = 0; i < count; ++i) {
                const std::span<const float> row = rows.row(i);
                for (std::size_t c = from; c < end; ++c) sums[c] += y[first + i] * static_cast<double>(row[c]);
            }
        });
    }
    return sums;
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
