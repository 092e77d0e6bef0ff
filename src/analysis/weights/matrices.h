// analysis: matrices of a file as floats, once they are known to have the shape they should have.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attnx/base/checked.h"
#include "attnx/gguf/file.h"
#include "inner_products.h"

namespace attnx::analysis {

// Rows next to each other: [rows, columns].
struct Rows {
    std::size_t rows = 0, columns = 0;
    std::vector<float> values = {};

    Rows() = default;
    Rows(std::size_t row_count, std::size_t column_count)
        : rows(row_count), columns(column_count), values(product({row_count, column_count}, "a matrix")) {}
    // Throw bad_dimensions unless they are there.
    std::span<float> row(std::size_t i) { return part(std::span(values), i * columns, columns, "rows of a matrix"); }
    std::span<const float> row(std::size_t i) const {
        return part(std::span(values), i * columns, columns, "rows of a matrix");
    }
    RowBlock block(std::size_t first, std::size_t count) const {
        if (first > rows || count > rows - first) outside(first, count, rows, "rows of a matrix");
        return {values.data() + first * columns, count, columns};
    }
    RowBlock all() const { return block(0, rows); }
    bool empty() const { return values.empty(); }
};

// A tensor that is not of the shape that its layer needs: the reason why the layer cannot be measured.
struct Misfit {
    std::string reason;
};

// Throws Misfit, naming the tensor, unless it holds `count` matrices from `inputs` numbers to `outputs`; kAny fits
// everything.
inline constexpr std::uint64_t kAny = UINT64_MAX;
void expect_shape(const gguf::TensorInfo& info, std::uint64_t inputs, std::uint64_t outputs, std::uint64_t count = 1);
// Throws Misfit unless it has so many numbers. An absent tensor (nullptr) is read as nothing.
std::vector<float> read_vector(const gguf::File& file, const gguf::TensorInfo* info, std::uint64_t count);

// A matrix as it is, and one of [outputs, inputs] as [inputs, outputs].
Rows read_matrix(const gguf::File& file, const gguf::TensorInfo& info);
Rows read_transposed(const gguf::File& file, const gguf::TensorInfo& info);

// rows[i][j] *= gain[j], and *= gain[i]. No gains: nothing happens.
void scale_columns(Rows& rows, const std::vector<float>& gain);
void scale_rows(Rows& rows, const std::vector<float>& gain);

}  // namespace attnx::analysis
