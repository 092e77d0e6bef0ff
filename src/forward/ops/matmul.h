// y = x W^T with W in the file, dequantised a few rows at a time.
#pragma once

#include <cstddef>

#include "../matrix.h"
#include "../weights.h"
#include "../workers.h"

namespace attnx::forward {

// x: [tokens, weight.inputs], rows x_stride apart; y: [tokens, weight.outputs], rows y_stride apart.
void multiply(const Weight& weight, const float* x, std::size_t x_stride, std::size_t tokens, float* y, std::size_t y_stride,
              Workers& workers);

// y = x W^T * scale + bias, resizing y.
void apply(const Linear& linear, const Matrix& x, Matrix& y, Workers& workers);
Matrix applied(const Linear& linear, const Matrix& x, Workers& workers);

}  // namespace attnx::forward
