#include "matmul.h"

#include <algorithm>
#include <deque>
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

std::size_t tasks_of(const Weight& weight) { return (weight.outputs + kRowsAtOnce - 1) / kRowsAtOnce; }

// Every task has kRowsAtOnce rows of W, the last maybe fewer.
template <class Body>
void few_rows(const Weight& weight, std::size_t task, const Body& body) {
    const std::size_t from = task * kRowsAtOnce;
    body(from, std::min(kRowsAtOnce, weight.outputs - from));
}

// A product with a matrix of whole numbers.
struct IntegerProduct {
    const Weight& weight;
    IntegerForm form;
    Strip<float> y;
    const Eights* x = nullptr;  // as it is rounded for them
};

// x rounded as each of the products wants it, once for those that want the same.
std::deque<Eights> rounded_for(std::span<IntegerProduct> products, Strip<const float> x, Workers& workers) {
    std::deque<Eights> all;
    for (IntegerProduct& product : products) {
        const auto like = std::ranges::find_if(
            products, [&](const auto& other) { return kernel::rounded_alike(other.form, product.form, x.rows); });
        if (like->x == nullptr) {
            Eights& rounded = all.emplace_back();
            rounded.resize(product.form, x.rows, x.columns, workers.simd());
            workers.parallel(
                x.rows, [&](std::size_t t, unsigned) { rounded.round(product.form, t, x.row(t), workers.simd()); },
                x.rows * x.columns);
            like->x = &rounded;
        }
        product.x = like->x;
    }
    return all;
}

void multiply_integers(std::span<IntegerProduct> products, Strip<const float> x, Workers& workers) {
    const std::deque<Eights> rounded = rounded_for(products, x, workers);
    std::size_t tasks = 0;
    for (const IntegerProduct& product : products) tasks += tasks_of(product.weight);
    std::vector<IntegerScratch> scratch(workers.size());
    workers.parallel(tasks, [&](std::size_t task, unsigned worker) {
        auto product = products.begin();
        for (; task >= tasks_of(product->weight); ++product) task -= tasks_of(product->weight);
        few_rows(product->weight, task, [&](std::size_t from, std::size_t count) {
            const Weight& weight = product->weight;
            const IntegerRows w =
                scratch[worker].read_adjacent(product->form, {weight.tensor->type->type, weight.order}, count,
                                              weight.inputs, weight.rows(from, count).bytes);
            integer_products(product->form, *product->x, w, product->y.columns_from(from, count), scratch[worker].room,
                             workers.simd());
        });
    });
}

struct Columns {
    std::size_t first = 0;
    LastSums last = LastSums::neighbours;
};

void multiply_floats(const Weight& weight, Columns columns, Strip<const float> x, Strip<float> y, Workers& workers) {
    std::vector<Scratch> scratch(workers.size());
    workers.parallel(tasks_of(weight), [&](std::size_t task, unsigned worker) {
        few_rows(weight, task, [&](std::size_t from, std::size_t outputs) {
            auto& [rows, room] = scratch[worker];
            const Strip<float> to = y.columns_from(from, outputs);
            rows.resize(outputs * weight.inputs);
            weight.read(from, outputs, rows);
            const Strip<const float> w{rows.data(), outputs, weight.inputs, weight.inputs};
            dot_products(x, w.columns_from(columns.first, x.columns), to, Rest::in_turn, room, workers.simd(),
                         columns.last);
        });
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

IntegerForm form_of(const Weight& weight, const Workers& workers) {
    return workers.numerics() == Numerics::floats ? IntegerForm{} : tensor::integer_form(weight.tensor->type->type);
}

void multiply_one(const Weight& weight, const IntegerForm& form, Strip<const float> x, Strip<float> y,
                  Workers& workers) {
    if (weight.turn != nullptr) return multiply_stored(weight, x, y, workers);
    if (form.rounding == Rounding::none) return multiply_floats(weight, {}, x, y, workers);
    multiply_floats(weight, {.last = last_sums_of(form.rounding)}, rounded_to(form.rounding, x, workers.simd()).all(),
                    y, workers);
}

}  // namespace

void multiply_all(std::span<const Product> products, Strip<const float> x, Workers& workers) {
    std::vector<IntegerProduct> of_integers;
    for (const auto& [weight, y] : products) {
        expect_fit(*weight, x.columns, y.columns);
        if (x.rows != y.rows) outside(0, x.rows, y.rows, "rows of a matrix");
        if (x.rows == 0) continue;
        const IntegerForm form = form_of(*weight, workers);
        if (weight->turn == nullptr && is_to_integers(form.rounding)) of_integers.push_back({*weight, form, y});
        else multiply_one(*weight, form, x, y, workers);
    }
    if (!of_integers.empty()) multiply_integers(of_integers, x, workers);
}

void multiply(const Weight& weight, Strip<const float> x, Strip<float> y, Workers& workers) {
    const Product one{&weight, y};
    multiply_all({&one, 1}, x, workers);
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

void apply_all(std::initializer_list<Application> all, const Matrix& x, Workers& workers) {
    std::vector<Product> products;
    for (const auto& [linear, y] : all) {
        if (!*linear)
            throw Error(ErrorCode::missing_tensor, fmt::format("the model has no tensor {}", linear->name),
                        {{}, {}, linear->name});
        y->resize(x.rows, linear->weight.outputs);
        products.push_back({&linear->weight, y->all()});
    }
    multiply_all(products, x.all(), workers);
    for (const auto& [linear, y] : all) {
        scale_by(*y, linear->scale);
        for (std::size_t t = 0; t < y->rows && !linear->bias.empty(); ++t) add(y->row(t), linear->bias);
    }
}

Matrix applied(const Linear& linear, const Matrix& x, Workers& workers) {
    Matrix y;
    apply_all({{&linear, &y}}, x, workers);
    return y;
}

}  // namespace attnx::forward
