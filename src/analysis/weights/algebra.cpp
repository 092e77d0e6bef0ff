#include "algebra.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "attnx/kernel/inner_products.h"

namespace attnx::analysis {
namespace {

std::vector<double> roots_descending(const Eigen::VectorXd& ascending) {
    std::vector<double> values(static_cast<std::size_t>(ascending.size()));
    for (Eigen::Index i = 0; i < ascending.size(); ++i)
        values[static_cast<std::size_t>(ascending.size() - 1 - i)] = std::sqrt(std::max(0.0, ascending[i]));
    return values;
}

}  // namespace

Spectrum spectrum_of(std::vector<double> singular_values) {
    Spectrum s;
    s.singular_values = std::move(singular_values);
    double sum = 0, squares = 0, fourths = 0;
    for (const double value : s.singular_values) {
        sum += value;
        squares += value * value;
        fourths += value * value * value * value;
    }
    s.frobenius = std::sqrt(squares);
    s.spectral = s.singular_values.empty() ? 0 : s.singular_values.front();
    if (!(s.spectral > 0)) return s;
    s.stable_rank = squares / (s.spectral * s.spectral);
    s.participation_ratio = squares * squares / fourths;
    double entropy = 0;
    for (const double value : s.singular_values)
        if (value > 0) entropy -= value / sum * std::log(value / sum);
    s.effective_rank = std::exp(entropy);
    const double least = s.singular_values.back();
    if (least > 1e-8 * s.spectral) s.condition = s.spectral / least;
    return s;
}

Factor factor_of(Matrix gram) {
    Factor factor;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
    const Eigen::VectorXd scale = solver.eigenvalues().cwiseMax(0).cwiseSqrt();
    factor.root = solver.eigenvectors() * scale.asDiagonal() * solver.eigenvectors().transpose();
    factor.spectrum = spectrum_of(roots_descending(solver.eigenvalues()));
    factor.gram = std::move(gram);
    return factor;
}

Spectrum spectrum_of_gram(const Matrix& gram) {
    return spectrum_of(
        roots_descending(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(gram, Eigen::EigenvaluesOnly).eigenvalues()));
}

Matrix products(RowBlock a, RowBlock b) {
    Matrix out(static_cast<Eigen::Index>(a.rows), static_cast<Eigen::Index>(b.rows));
    kernel::inner_products(a, b, {out.data(), static_cast<std::size_t>(out.size())});
    return out;
}

Spectrum circuit(const Factor& a, const Factor& b) {
    const Matrix middle = a.root * b.root;
    return spectrum_of_gram(middle.transpose() * middle);
}

std::optional<double> copying_score(const Matrix& small, double norm) {
    const Eigen::EigenSolver<Eigen::MatrixXd> solver(small, false);
    const double magnitudes = solver.eigenvalues().cwiseAbs().sum();
    if (!(magnitudes > 1e-6 * norm)) return std::nullopt;
    return std::clamp(small.trace() / magnitudes, -1.0, 1.0);
}

}  // namespace attnx::analysis
