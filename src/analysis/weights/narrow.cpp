#include "narrow.h"

#include <Eigen/QR>
#include <algorithm>

#include "algebra.h"

namespace attnx::analysis {
namespace {

Matrix as_doubles(RowBlock block) {
    using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const Floats>(block.first, static_cast<Eigen::Index>(block.rows),
                                    static_cast<Eigen::Index>(block.columns))
        .cast<double>();
}

void write_rows(const Matrix& from, Rows& to, std::size_t first) {
    for (Eigen::Index i = 0; i < from.rows(); ++i) {
        const std::span<float> row = to.row(first + static_cast<std::size_t>(i));
        std::transform(from.row(i).begin(), from.row(i).end(), row.begin(),
                       [](double x) { return static_cast<float>(x); });
    }
}

Spectrum own_spectrum(const Matrix& rows) {
    return rows.rows() > rows.cols() ? spectrum_of_gram(rows.transpose() * rows)
                                     : spectrum_of_gram(rows * rows.transpose());
}

// One matrix per head, and one that the heads of a group share; either may be empty.
struct Pair {
    Rows &per_head, &shared;
    std::size_t heads, groups, dim;
    std::vector<Spectrum>&own_per_head, &own_shared;
};

void narrow(Pair pair, std::size_t width, kernel::Workers& workers) {
    const bool has_shared = !pair.shared.empty(), has_heads = !pair.per_head.empty();
    Rows heads(has_heads ? pair.heads * width : 0, pair.per_head.columns),
        shared(has_shared ? pair.groups * width : 0, width);
    if (has_heads) pair.own_per_head.resize(pair.heads);
    if (has_shared) pair.own_shared.resize(pair.groups);
    const std::size_t mates = share(pair.heads, pair.groups, "heads over KV heads");
    const auto rows = static_cast<Eigen::Index>(width);
    workers.parallel(pair.groups, [&](std::size_t group, unsigned) {
        Eigen::HouseholderQR<Eigen::MatrixXd> basis;
        if (has_shared) {
            const Matrix k = as_doubles(pair.shared.rows_from(group * pair.dim, pair.dim));
            pair.own_shared[group] = own_spectrum(k);
            basis.compute(k);
            write_rows(Matrix(basis.matrixQR().topRows(rows).triangularView<Eigen::Upper>()), shared, group * width);
        }
        for (std::size_t head = group * mates; has_heads && head < (group + 1) * mates; ++head) {
            const Matrix q = as_doubles(pair.per_head.rows_from(head * pair.dim, pair.dim));
            pair.own_per_head[head] = own_spectrum(q);
            if (!has_shared) basis.compute(q);
            const Eigen::MatrixXd turned = basis.householderQ().adjoint() * Eigen::MatrixXd(q);
            write_rows(Matrix(turned.topRows(rows)), heads, head * width);
        }
    });
    pair.per_head = std::move(heads);
    pair.shared = std::move(shared);
}

}  // namespace

OwnSpectra narrow_heads(LayerWeights& w, kernel::Workers& workers) {
    OwnSpectra own;
    const std::size_t wide_k = w.k.empty() ? w.q.columns : w.k.columns,
                      wide_v = w.v.empty() ? w.o.columns : w.v.columns;
    if (!w.q.empty() && w.dim_k > wide_k) {
        narrow({w.q, w.k, w.heads, w.kv_heads, w.dim_k, own.q, own.k}, wide_k, workers);
        w.dim_k = static_cast<std::uint32_t>(wide_k);
    }
    if (wide_v != 0 && w.dim_v > wide_v) {
        narrow({w.o, w.v, w.heads, w.kv_heads, w.dim_v, own.o, own.v}, wide_v, workers);
        w.dim_v = static_cast<std::uint32_t>(wide_v);
    }
    return own;
}

}  // namespace attnx::analysis
