// kernel: floats in rows. Rows and columns are taken through checks that hold in every build, once per row or strip;
// loops over what was taken need none.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "attnx/base/checked.h"
#include "attnx/kernel/floats.h"

namespace attnx::kernel {

// Some columns of consecutive rows, by reference.
template <class T>
struct Strip {
    T* first = nullptr;
    std::size_t rows = 0, columns = 0, stride = 0;

    operator Strip<const T>() const requires(!std::is_const_v<T>) { return {first, rows, columns, stride}; }
    std::span<T> row(std::size_t i) const {
        if (i >= rows) outside(i, 1, rows, "rows of a matrix");
        return {first + i * stride, columns};
    }
    // Throws bad_dimensions unless they are there.
    Strip rows_from(std::size_t i, std::size_t count) const {
        if (i > rows || count > rows - i) outside(i, count, rows, "rows of a matrix");
        return {count == 0 ? first : first + i * stride, count, columns, stride};
    }
    Strip columns_from(std::size_t i, std::size_t count) const {
        if (i > columns || count > columns - i) outside(i, count, columns, "columns of a matrix");
        return {rows == 0 ? first : first + i, rows, count, stride};
    }
};

struct Matrix {
    std::size_t rows = 0;
    std::size_t columns = 0;
    Floats values;

    Matrix() = default;
    Matrix(std::size_t row_count, std::size_t column_count)
        : rows(row_count), columns(column_count), values(product({row_count, column_count}, "a matrix"), 0.0F) {}

    // Throw bad_dimensions unless they are there.
    std::span<float> row(std::size_t i) { return all().row(i); }
    std::span<const float> row(std::size_t i) const { return all().row(i); }
    std::span<float> part(std::size_t i, std::size_t first, std::size_t count) {
        return attnx::part(row(i), first, count, "columns of a matrix");
    }
    std::span<const float> part(std::size_t i, std::size_t first, std::size_t count) const {
        return attnx::part(row(i), first, count, "columns of a matrix");
    }
    Strip<float> all() { return {values.data(), rows, columns, columns}; }
    Strip<const float> all() const { return {values.data(), rows, columns, columns}; }
    Strip<const float> rows_from(std::size_t i, std::size_t count) const { return all().rows_from(i, count); }
    // Rows next to each other, as one.
    std::span<float> values_of(std::size_t i, std::size_t count) {
        const Strip<float> some = all().rows_from(i, count);
        return {some.first, some.rows * some.columns};
    }
    Strip<float> strip(std::size_t first, std::size_t count) { return all().columns_from(first, count); }
    Strip<const float> strip(std::size_t first, std::size_t count) const { return all().columns_from(first, count); }

    bool empty() const { return values.empty(); }

    // Keeps no contents.
    void resize(std::size_t row_count, std::size_t column_count) {
        values.resize(product({row_count, column_count}, "a matrix"));
        rows = row_count;
        columns = column_count;
    }
};

// Element by element. Throw bad_dimensions when the sizes differ.
void copy(std::span<const float> from, std::span<float> to);
void add(std::span<float> to, std::span<const float> other);
void add_scaled(std::span<float> to, std::span<const float> other, float factor);  // to += factor * other
void multiply(std::span<float> to, std::span<const float> other);
void add_into(Matrix& sum, const Matrix& other);

void scale_by(Matrix& m, float factor);

}  // namespace attnx::kernel
