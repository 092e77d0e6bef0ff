// y = x W^T with W in the file, dequantised a few rows at a time.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include "../kernel.h"
#include "../weights.h"

namespace attnx::forward {

// x: [tokens, weight.inputs], y: [tokens, weight.outputs]. Throws bad_dimensions, naming the tensor, when they are not.
// In the workers' arithmetic: every product with a matrix of the file that the model computes ends here.
void multiply(const Weight& weight, Strip<const float> x, Strip<float> y, Workers& workers);

// The same of several matrices, at once: what they all need of x is computed once.
struct Product {
    const Weight* weight;
    Strip<float> y;
};
void multiply_all(std::span<const Product> products, Strip<const float> x, Workers& workers);

// In float, with only the columns of W from `first` on, as many as x has.
void multiply_columns(const Weight& weight, std::size_t first, Strip<const float> x, Strip<float> y, Workers& workers);

// W^T y, in double.
std::vector<double> multiply_transposed(const Weight& weight, std::span<const double> y, Workers& workers);

// y = x W^T * scale + bias, resizing y. Throws missing_tensor, bad_dimensions.
struct Application {
    const Linear* linear;
    Matrix* y;
};
void apply_all(std::initializer_list<Application> all, const Matrix& x, Workers& workers);
Matrix applied(const Linear& linear, const Matrix& x, Workers& workers);

}  // namespace attnx::forward
