// analysis: products of matrices whose rows lie next to each other: everything weights need is rows times
// rows.
#pragma once

#include <cstddef>
#include <span>

namespace attnx::analysis {

// Some rows of a matrix, by reference.
struct RowBlock {
    const float* first = nullptr;
    std::size_t rows = 0, columns = 0;
};

// out[i * b.rows + j] = sum over x of a[i][x] * b[j][x]. Single precision in runs of at most 1024, runs added
// in double. The best instruction set is chosen at run time. Throws bad_dimensions when rows are not equally
// long or out has not one number for each pair of them.
void inner_products(RowBlock a, RowBlock b, std::span<double> out);

}  // namespace attnx::analysis
