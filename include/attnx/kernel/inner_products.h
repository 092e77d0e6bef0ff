// kernel: products of rows that are summed as exactly as floats allow.
#pragma once

#include <span>

#include "attnx/kernel/matrix.h"

namespace attnx::kernel {

// out[i * b.rows + j] = sum over x of a[i][x] * b[j][x]. Single precision in runs of at most 1024, runs added in
// double. The best instruction set is chosen at run time. Throws bad_dimensions when rows are not equally long, do not
// lie next to each other, or out has not one number for each pair of them.
void inner_products(Strip<const float> a, Strip<const float> b, std::span<double> out);

}  // namespace attnx::kernel
