// analysis: matrices of a file as floats, once they are known to have the shape they should have.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attnx/gguf/file.h"
#include "attnx/kernel/matrix.h"

namespace attnx::analysis {

// Of floats; a Matrix is Eigen's, of doubles.
using Rows = kernel::Matrix;
using RowBlock = kernel::Strip<const float>;

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
