// Activations: one row per token. Rows and columns are taken through checks that hold in every build, once per row or
// strip; loops over what was taken need none.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "attnx/base/checked.h"
#include "floats.h"

namespace attnx::forward {

// Some columns of consecutive rows, by reference.
template <class T>
struct Strip {
    T* first = nullptr;
    std::size_t rows = 0, columns = 0, stride = 0;

    operator Strip<const T>() const requires(!std::is_const_v<T>) { return {first, rows, columns, stride}; }
    std::span<T> row(std::size_t i) const {
        if (i >= rows) outside(i, 1, rows, "rows of activations");
        return {first + i * stride, columns};
    }
    // Throws bad_dimensions unless they are there.
    Strip rows_from(std::size_t i, std::size_t count) const {
        if (i > rows || count > rows - i) outside(i, count, rows, "rows of activations");
        return {count == 0 ? first : first + i * stride, count, columns, stride};
    }
    Strip columns_from(std::size_t i, std::size_t count) const {
        if (i > columns || count > columns - i) outside(i, count, columns, "columns of activations");
        return {rows == 0 ? first : first + i, rows, count, stride};
    }
};

struct Matrix {
    std::size_t rows = 0;
    std::size_t columns = 0;
    Floats values;

    Matrix() = default;
    Matrix(std::size_t row_count, std::size_t column_count)
        : rows(row_count), columns(column_count), values(product({row_count, column_count}, "activations")) {}

    // Throw bad_dimensions unless they are there.
    std::span<float> row(std::size_t i) { return all().row(i); }
    std::span<const float> row(std::size_t i) const { return all().row(i); }
    std::span<float> part(std::size_t i, std::size_t first, std::size_t count) {
        return attnx::part(row(i), first, count, "columns of activations");
    }
    std::span<const float> part(std::size_t i, std::size_t first, std::size_t count) const {
        return attnx::part(row(i), first, count, "columns of activations");
    }
    Strip<float> all() { return {values.data(), rows, columns, columns}; }
    Strip<const float> all() const { return {values.data(), rows, columns, columns}; }
    Strip<float> strip(std::size_t first, std::size_t count) { return all().columns_from(first, count); }
    Strip<const float> strip(std::size_t first, std::size_t count) const { return all().columns_from(first, count); }

    // Keeps no contents.
    void resize(std::size_t row_count, std::size_t column_count) {
        values.resize(product({row_count, column_count}, "activations"));
        rows = row_count;
        columns = column_count;
    }
};

// Element by element. Throw bad_dimensions when the sizes differ.
void copy(std::span<const float> from, std::span<float> to);
void add(std::span<float> to, std::span<const float> other);
void multiply(std::span<float> to, std::span<const float> other);
void add_into(Matrix& sum, const Matrix& other);

void scale_by(Matrix& m, float factor);

}  // namespace attnx::forward
