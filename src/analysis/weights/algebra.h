// analysis: spectra of circuits from k*k products of their factors.
#pragma once

#include <Eigen/Core>
#include <optional>

#include "attnx/analysis/weights.h"
#include "matrices.h"

namespace attnx::analysis {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// What one factor contributes: G = W W^T for rows W, its symmetric square root, the spectrum of W.
struct Factor {
    Matrix gram, root;
    Spectrum spectrum;
};
Factor factor_of(Matrix gram);
Spectrum spectrum_of_gram(const Matrix& gram);

// a b^T.
Matrix products(RowBlock a, RowBlock b);

// Singular values of A^T B (or A B^T …) where G_A and G_B are the Gram matrices over the shared small
// dimension: those of G_A^(1/2) G_B^(1/2), which is better conditioned than the eigenvalues of G_A G_B.
Spectrum circuit(const Factor& a, const Factor& b);

// Re(sum of eigenvalues) / sum of magnitudes of a small square matrix. Nothing when the magnitudes are below
// 1e-6 of `norm`, the Frobenius norm of the big matrix with the same eigenvalues: then they are rounding.
std::optional<double> copying_score(const Matrix& small, double norm);

}  // namespace attnx::analysis
