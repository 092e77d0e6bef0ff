// analysis: products of matrices whose rows lie next to each other: everything weights need is rows times
// rows.
#pragma once

#include <cstddef>

namespace attnx::analysis {

// out[i * rows_b + j] = sum over x of a[i * length + x] * b[j * length + x]. Single precision in runs of at
// most 1024, runs added in double. The best instruction set is chosen at run time.
void inner_products(const float* a, std::size_t rows_a, const float* b, std::size_t rows_b,
                    std::size_t length, double* out);

}  // namespace attnx::analysis
