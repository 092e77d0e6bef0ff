#include "measure_layer.h"

#include <cmath>

#include "similarity.h"

namespace attnx::analysis {
namespace {

double norm_of(const std::vector<float>& values, std::size_t first, std::size_t count) {
    double squares = 0;
    for (const float value : part(std::span(values), first, count, "a bias"))
        squares += static_cast<double>(value) * static_cast<double>(value);
    return std::sqrt(squares);
}

std::optional<Spectrum> spectrum(const std::vector<Factor>& factors, const std::vector<Spectrum>& own, std::size_t i) {
    if (!own.empty()) return own.at(i);
    if (!factors.empty()) return factors.at(i).spectrum;
    return std::nullopt;
}

HeadWeights measure_head(const LayerWeights& w, const LayerFactors& f, const OwnSpectra& own, std::uint32_t head) {
    const std::size_t kv = w.kv_of(head);
    HeadWeights out;
    out.layer = w.layer;
    out.head = head;
    out.kv_head = static_cast<std::uint32_t>(kv);
    out.q = spectrum(f.q, own.q, head);
    out.k = spectrum(f.k, own.k, kv);
    out.v = spectrum(f.v, own.v, kv);
    out.o = spectrum(f.o, own.o, head);
    if (!f.q.empty() && !f.k.empty()) out.qk = circuit(f.q.at(head), f.k.at(kv));
    if (!f.v.empty() && !f.o.empty()) {
        out.ov = circuit(f.o.at(head), f.v.at(kv));
        if (w.v.columns == w.o.columns)
            out.copying =
                copying_score(products(w.v.rows_from(kv * w.dim_v, w.dim_v), w.o.rows_from(head * w.dim_v, w.dim_v)),
                              out.ov->frobenius);
    }
    if (!w.q_bias.empty()) out.q_bias = norm_of(w.q_bias, std::size_t{head} * w.head_dim_k, w.head_dim_k);
    if (!w.k_bias.empty()) out.k_bias = norm_of(w.k_bias, kv * w.head_dim_k, w.head_dim_k);
    if (!w.v_bias.empty()) out.v_bias = norm_of(w.v_bias, kv * w.head_dim_v, w.head_dim_v);
    return out;
}

}  // namespace

LayerFactors factors_of(const LayerWeights& w, kernel::Workers& workers) {
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
    workers.parallel(jobs.size(), [&jobs](std::size_t i, unsigned) {
        const Job& job = jobs[i];
        const RowBlock rows = job.rows->rows_from(job.index * job.dim, job.dim);
        *job.out = factor_of(products(rows, rows));
    });
    return factors;
}

LayerWeightReport measure_layer(const LayerWeights& w, const LayerFactors& factors, const OwnSpectra& own,
                                const WeightOptions& options, kernel::Workers& workers) {
    LayerWeightReport report;
    report.layer = w.layer;
    report.head_count = w.heads;
    report.head_count_kv = w.kv_heads;
    report.head_dim_k = w.head_dim_k;
    report.head_dim_v = w.head_dim_v;
    report.form = w.form;
    report.notes = w.notes;
    report.heads.resize(w.heads);
    workers.parallel(w.heads, [&](std::size_t head, unsigned) {
        report.heads[head] = measure_head(w, factors, own, static_cast<std::uint32_t>(head));
    });
    if (options.similarity) add_similarity(w, report, options.likeness_matrices, workers);
    return report;
}

}  // namespace attnx::analysis
