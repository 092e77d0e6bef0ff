// Activations: one row per token.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "attnx/base/error.h"
#include "floats.h"

namespace attnx::forward {

struct Matrix {
    std::size_t rows = 0;
    std::size_t columns = 0;
    Floats values;

    Matrix() = default;
    Matrix(std::size_t row_count, std::size_t column_count)
        : rows(row_count), columns(column_count), values(row_count * column_count) {}

    float* row(std::size_t i) { return values.data() + i * columns; }
    const float* row(std::size_t i) const { return values.data() + i * columns; }
    std::span<float> row_span(std::size_t i) { return {row(i), columns}; }
    std::span<const float> row_span(std::size_t i) const { return {row(i), columns}; }

    // Keeps no contents.
    void resize(std::size_t row_count, std::size_t column_count) {
        rows = row_count;
        columns = column_count;
        values.resize(row_count * column_count);
    }
};

// Throws bad_dimensions when the widths differ: parts of the file then disagree about the width of the stream.
inline void add_into(Matrix& sum, const Matrix& other) {
    if (sum.values.size() != other.values.size()) {
        throw Error(ErrorCode::bad_dimensions, "a part of the model gives " + std::to_string(other.columns) + " numbers per token where " +
                                                   std::to_string(sum.columns) + " are expected");
    }
    for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += other.values[i];
}

inline void scale_by(Matrix& m, float factor) {
    if (factor == 1.0F) return;
    for (float& v : m.values) v *= factor;
}

}  // namespace attnx::forward
