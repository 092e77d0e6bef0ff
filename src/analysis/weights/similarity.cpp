// <A1^T B1, A2^T B2> = sum of the products of (A1 A2^T) and (B1 B2^T), which are k*k. Pairs are computed once, with the
// heads that follow.
#include "similarity.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "algebra.h"

namespace attnx::analysis {
namespace {

constexpr std::size_t kRowsAtOnce = 64, kColumnsAtOnce = 2048;  // of products of rows
constexpr std::size_t kMostTwins = 16;  // of one head: of a layer of copies the list would be quadratic

struct Range {
    std::size_t first, end;
    std::size_t size() const { return end - first; }
};

using Cosines = std::vector<std::vector<float>>;  // of each of some heads, with itself, the next one, …

// The sum of the products of square (i, j) of `a` and square (k, l) of `b`, dim * dim each; they lie inside.
double square_dot(std::size_t dim, const Matrix& a, std::size_t i, std::size_t j, const Matrix& b, std::size_t k,
                  std::size_t l) {
    double sum = 0;
    for (std::size_t row = 0; row < dim; ++row) {
        const double* x = a.data() + (i * dim + row) * static_cast<std::size_t>(a.cols()) + j * dim;
        const double* y = b.data() + (k * dim + row) * static_cast<std::size_t>(b.cols()) + l * dim;
        for (std::size_t column = 0; column < dim; ++column) sum += x[column] * y[column];
    }
    return sum;
}

// One kind of circuit: a matrix per head and one per KV head.
struct Side {
    const Rows& per_head;
    const Rows& shared;
    std::size_t dim;
    std::optional<Spectrum> HeadWeights::*circuit;
};

class Similarity {
public:
    Similarity(const LayerWeights& weights, LayerWeightReport& report, bool matrices)
        : w_(weights), report_(report), matrices_(matrices) {}

    void run(kernel::Workers& workers) {
        if (matrices_ && has(qk_)) report_.qk_cosines.resize(product({heads(), heads()}, "likeness of heads"));
        if (matrices_ && has(ov_)) report_.ov_cosines.resize(product({heads(), heads()}, "likeness of heads"));
        const std::size_t step =
            std::max<std::size_t>(1, kRowsAtOnce / std::max<std::size_t>(1, std::max(qk_.dim, ov_.dim)));
        const bool has_qk = has(qk_), has_ov = has(ov_);
        workers.parallel((heads() + step - 1) / step, [&](std::size_t task, unsigned) {
            const Range some{task * step, std::min(heads(), (task + 1) * step)};
            const Cosines qk = has_qk ? cosines(qk_, some) : Cosines(some.size());
            const Cosines ov = has_ov ? cosines(ov_, some) : Cosines(some.size());
            const std::lock_guard lock(mutex_);
            for (std::size_t i = 0; i < some.size(); ++i) {
                note(some.first + i, qk[i], &HeadWeights::nearest_qk, report_.qk_cosines);
                note(some.first + i, ov[i], &HeadWeights::nearest_ov, report_.ov_cosines);
                note_twins(some.first + i, qk[i], ov[i]);
            }
        });
        std::sort(report_.twins.begin(), report_.twins.end(), [](const Twins& a, const Twins& b) {
            return std::pair(a.first, a.second) < std::pair(b.first, b.second);
        });
    }

private:
    std::size_t heads() const { return report_.heads.size(); }
    std::size_t kv_of(std::size_t head) const { return w_.kv_of(static_cast<std::uint32_t>(head)); }
    bool has(const Side& side) const {
        return std::all_of(report_.heads.begin(), report_.heads.end(),
                           [&](const HeadWeights& head) { return (head.*side.circuit).has_value(); });
    }
    double norm(const Side& side, std::size_t head) const { return (report_.heads[head].*side.circuit)->frobenius; }

    // Of each of some heads with itself and all that follow it.
    Cosines cosines(const Side& side, Range some) const {
        Cosines out(some.size());
        const std::size_t step = std::max<std::size_t>(1, kColumnsAtOnce / side.dim);
        for (std::size_t first = some.first; first < heads(); first += step)
            add_cosines(side, some, {first, std::min(heads(), first + step)}, out);
        return out;
    }

    void add_cosines(const Side& side, Range some, Range others, Cosines& out) const {
        const Range kv_some = kv_of(some), kv_others = kv_of(others);
        const Matrix a = products(rows_of(side.per_head, some, side.dim), rows_of(side.per_head, others, side.dim));
        const Matrix b = products(rows_of(side.shared, kv_some, side.dim), rows_of(side.shared, kv_others, side.dim));
        for (std::size_t head = some.first; head < some.end; ++head) {
            for (std::size_t other = std::max(head, others.first); other < others.end; ++other) {
                const double dot = square_dot(side.dim, a, head - some.first, other - others.first, b,
                                              kv_of(head) - kv_some.first, kv_of(other) - kv_others.first);
                const double scale = norm(side, head) * norm(side, other);
                out[head - some.first].push_back(scale > 0 ? static_cast<float>(dot / scale) : 0.0F);
            }
        }
    }

    Range kv_of(Range some) const { return {kv_of(some.first), kv_of(some.end - 1) + 1}; }
    static RowBlock rows_of(const Rows& rows, Range some, std::size_t dim) {
        return rows.rows_from(some.first * dim, some.size() * dim);
    }

    void note(std::size_t head, const std::vector<float>& cosines, std::optional<Likeness> HeadWeights::*nearest,
              std::vector<float>& matrix) {
        for (std::size_t i = 0; i < cosines.size(); ++i) {
            const std::size_t other = head + i;
            if (!matrix.empty()) matrix[head * heads() + other] = matrix[other * heads() + head] = cosines[i];
            if (i == 0) continue;
            consider(report_.heads[head], other, cosines[i], nearest);
            consider(report_.heads[other], head, cosines[i], nearest);
        }
    }

    // Of heads equally alike the first.
    void consider(HeadWeights& head, std::size_t other, float cosine,
                  std::optional<Likeness> HeadWeights::*nearest) const {
        std::optional<Likeness>& best = head.*nearest;
        const double is = std::abs(static_cast<double>(cosine)), was = best ? std::abs(best->cosine) : -1;
        if (is < was || (is == was && other > best->head)) return;
        best = Likeness{static_cast<std::uint32_t>(other), static_cast<double>(cosine),
                        head.kv_head == report_.heads[other].kv_head};
    }

    void note_twins(std::size_t head, const std::vector<float>& qk, const std::vector<float>& ov) {
        std::size_t found = 0;
        for (std::size_t i = 1; i < std::min(qk.size(), ov.size()) && found < kMostTwins; ++i) {
            if (!(static_cast<double>(qk[i]) >= kTwinCosine && static_cast<double>(ov[i]) >= kTwinCosine)) continue;
            report_.twins.push_back(
                {static_cast<std::uint32_t>(head), static_cast<std::uint32_t>(head + i), qk[i], ov[i]});
            ++found;
        }
    }

    const LayerWeights& w_;
    LayerWeightReport& report_;
    bool matrices_;
    Side qk_{w_.q, w_.k, w_.dim_k, &HeadWeights::qk}, ov_{w_.o, w_.v, w_.dim_v, &HeadWeights::ov};
    std::mutex mutex_;
};

}  // namespace

void add_similarity(const LayerWeights& weights, LayerWeightReport& report, bool matrices, kernel::Workers& workers) {
    Similarity(weights, report, matrices).run(workers);
}

}  // namespace attnx::analysis
