#include "measure_layer.h"

#include <cmath>

#include "inner_products.h"
#include "parallel.h"

namespace attnx::analysis {
namespace {

Matrix products(const Rows& a, std::size_t first_a, std::size_t rows_a, const Rows& b, std::size_t first_b,
                std::size_t rows_b) {
    Matrix out(static_cast<Eigen::Index>(rows_a), static_cast<Eigen::Index>(rows_b));
    inner_products(a.row(first_a), rows_a, b.row(first_b), rows_b, a.columns, out.data());
    return out;
}

double norm_of(const std::vector<float>& values, std::size_t first, std::size_t count) {
    double squares = 0;
    for (std::size_t i = first; i < first + count; ++i)
        squares += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    return std::sqrt(squares);
}

HeadWeights measure_head(const LayerWeights& w, const LayerFactors& f, std::uint32_t head) {
    const std::size_t kv = w.kv_of(head);
    HeadWeights out;
    out.layer = w.layer;
    out.head = head;
    out.kv_head = static_cast<std::uint32_t>(kv);
    if (!f.q.empty()) out.q = f.q[head].spectrum;
    if (!f.k.empty()) out.k = f.k[kv].spectrum;
    if (!f.v.empty()) out.v = f.v[kv].spectrum;
    if (!f.o.empty()) out.o = f.o[head].spectrum;
    if (!f.q.empty() && !f.k.empty() && w.q.columns == w.k.columns) out.qk = circuit(f.q[head], f.k[kv]);
    if (!f.v.empty() && !f.o.empty()) {
        out.ov = circuit(f.o[head], f.v[kv]);
        if (w.v.columns == w.o.columns)
            out.copying = copying_score(products(w.v, kv * w.dim_v, w.dim_v, w.o, head * w.dim_v, w.dim_v),
                                        out.ov->frobenius);
    }
    if (!w.q_bias.empty()) out.q_bias = norm_of(w.q_bias, head * w.dim_k, w.dim_k);
    if (!w.k_bias.empty()) out.k_bias = norm_of(w.k_bias, kv * w.dim_k, w.dim_k);
    if (!w.v_bias.empty()) out.v_bias = norm_of(w.v_bias, kv * w.dim_v, w.dim_v);
    return out;
}

// <A1^T B1, A2^T B2> = sum of the products of (A1 A2^T) and (B1 B2^T), for all heads; `per_head` one side,
// `shared` per KV head.
std::vector<float> cosines(const LayerWeights& w, const Rows& per_head, const Rows& shared, std::size_t dim,
                           const std::vector<double>& norms, unsigned threads) {
    const std::size_t heads = w.heads;
    std::vector<float> out(heads * heads, 0.0F);
    parallel_for(heads, threads, [&](std::size_t a) {
        for (std::size_t b = a; b < heads; ++b) {
            const std::size_t kv_a = w.kv_of(static_cast<std::uint32_t>(a)),
                              kv_b = w.kv_of(static_cast<std::uint32_t>(b));
            const double dot = products(per_head, a * dim, dim, per_head, b * dim, dim)
                                   .cwiseProduct(products(shared, kv_a * dim, dim, shared, kv_b * dim, dim))
                                   .sum();
            const double scale = norms[a] * norms[b];
            out[a * heads + b] = out[b * heads + a] = scale > 0 ? static_cast<float>(dot / scale) : 0.0F;
        }
    });
    return out;
}

std::optional<Likeness> nearest(const std::vector<float>& cosines, const std::vector<HeadWeights>& heads,
                                std::size_t head) {
    std::optional<Likeness> best;
    for (std::size_t other = 0; other < heads.size(); ++other) {
        const double cosine = static_cast<double>(cosines[head * heads.size() + other]);
        if (other == head || (best && std::abs(cosine) <= std::abs(best->cosine))) continue;
        best =
            Likeness{static_cast<std::uint32_t>(other), cosine, heads[head].kv_head == heads[other].kv_head};
    }
    return best;
}

void add_similarity(const LayerWeights& w, LayerWeightReport& report, unsigned threads) {
    const auto norms_of = [&](std::optional<Spectrum> HeadWeights::*circuit) {
        std::vector<double> norms;
        for (const HeadWeights& head : report.heads)
            if (head.*circuit) norms.push_back((head.*circuit)->frobenius);
        return norms;
    };
    const auto qk = norms_of(&HeadWeights::qk), ov = norms_of(&HeadWeights::ov);
    if (qk.size() == w.heads) report.qk_cosines = cosines(w, w.q, w.k, w.dim_k, qk, threads);
    if (ov.size() == w.heads) report.ov_cosines = cosines(w, w.o, w.v, w.dim_v, ov, threads);
    for (HeadWeights& head : report.heads) {
        if (!report.qk_cosines.empty()) head.nearest_qk = nearest(report.qk_cosines, report.heads, head.head);
        if (!report.ov_cosines.empty()) head.nearest_ov = nearest(report.ov_cosines, report.heads, head.head);
    }
}

}  // namespace

LayerFactors factors_of(const LayerWeights& w, unsigned threads) {
    struct Job {
        const Rows* rows;
        std::size_t dim, index;
        Factor* out;
    };
    LayerFactors factors;
    std::vector<Job> jobs;
    const auto add = [&jobs](const Rows& rows, std::size_t dim, std::size_t count, std::vector<Factor>& out) {
        if (rows.empty()) return;
        out.resize(count);
        for (std::size_t i = 0; i < count; ++i) jobs.push_back({&rows, dim, i, &out[i]});
    };
    add(w.q, w.dim_k, w.heads, factors.q);
    add(w.k, w.dim_k, w.kv_heads, factors.k);
    add(w.v, w.dim_v, w.kv_heads, factors.v);
    add(w.o, w.dim_v, w.heads, factors.o);
    parallel_for(jobs.size(), threads, [&jobs](std::size_t i) {
        const Job& job = jobs[i];
        *job.out = factor_of(
            products(*job.rows, job.index * job.dim, job.dim, *job.rows, job.index * job.dim, job.dim));
    });
    return factors;
}

LayerWeightReport measure_layer(const LayerWeights& w, const LayerFactors& factors, bool similarity,
                                unsigned threads) {
    LayerWeightReport report;
    report.layer = w.layer;
    report.head_count = w.heads;
    report.head_count_kv = w.kv_heads;
    report.head_dim_k = w.dim_k;
    report.head_dim_v = w.dim_v;
    report.form = w.form;
    report.notes = w.notes;
    report.heads.resize(w.heads);
    parallel_for(w.heads, threads, [&](std::size_t head) {
        report.heads[head] = measure_head(w, factors, static_cast<std::uint32_t>(head));
    });
    if (similarity) add_similarity(w, report, threads);
    return report;
}

}  // namespace attnx::analysis
