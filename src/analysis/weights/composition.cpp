#include "composition.h"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace attnx::analysis {
namespace {

// One side of a circuit: rows that read the stream (per head or per KV head), and the Gram matrices of its
// other side.
struct ReaderSide {
    CompositionKind kind;
    const Rows* rows;
    std::size_t count, dim;            // of row groups
    const std::vector<Factor>* other;  // per head or per KV head
    std::optional<Spectrum> HeadWeights::*circuit;
};

std::vector<ReaderSide> sides_of(const LayerWeights& w, const LayerFactors& f) {
    std::vector<ReaderSide> sides;
    if (!f.q.empty() && !f.k.empty()) {
        sides.push_back({CompositionKind::q, &w.q, w.heads, w.dim_k, &f.k, &HeadWeights::qk});
        sides.push_back({CompositionKind::k, &w.k, w.kv_heads, w.dim_k, &f.q, &HeadWeights::qk});
    }
    if (!f.v.empty() && !f.o.empty())
        sides.push_back({CompositionKind::v, &w.v, w.kv_heads, w.dim_v, &f.o, &HeadWeights::ov});
    return sides;
}

// M G_V1 M^T of each row group of `side` with head `from` of the writer.
std::vector<Matrix> read_through(const ReaderSide& side, const Writer& writer, const Rows& output, std::uint32_t from) {
    const std::size_t kv = std::size_t{from} * writer.kv_heads / writer.heads;
    const Matrix all = products(side.rows->all(), output.rows_from(std::size_t{from} * writer.dim_v, writer.dim_v));
    std::vector<Matrix> groups;
    for (std::size_t i = 0; i < side.count; ++i) {
        const auto m = all.middleRows(static_cast<Eigen::Index>(i * side.dim), static_cast<Eigen::Index>(side.dim));
        groups.push_back(m * writer.v_grams.at(kv) * m.transpose());
    }
    return groups;
}

void score_side(const ReaderSide& side, const LayerWeights& reader, const LayerWeightReport& report,
                const Writer& writer, const Rows& output, std::uint32_t from, std::vector<CompositionPair>& pairs) {
    const std::vector<Matrix> groups = read_through(side, writer, output, from);
    for (const HeadWeights& head : report.heads) {
        const std::size_t kv = reader.kv_of(head.head);
        const Matrix& group = groups.at(side.count == reader.heads ? head.head : kv);
        const Matrix& gram = side.other->at(side.other->size() == reader.heads ? head.head : kv).gram;
        const double square = group.cwiseProduct(gram).sum(),
                     scale = (head.*side.circuit)->frobenius * writer.ov_norms.at(from);
        const double score = scale > 0 ? std::sqrt(std::max(0.0, square)) / scale : 0;
        pairs.push_back({side.kind, writer.layer, from, reader.layer, head.head, score});
    }
}

}  // namespace

Writer writer_of(const LayerWeights& weights, const LayerFactors& factors, const LayerWeightReport& report) {
    Writer writer{weights.layer, weights.heads, weights.kv_heads, weights.dim_v, {}, {}, {}};
    if (factors.v.empty() || factors.o.empty()) return writer;
    if (weights.dim_v != weights.head_dim_v) writer.narrowed = weights.o;
    for (const Factor& factor : factors.v) writer.v_grams.push_back(factor.gram);
    for (const HeadWeights& head : report.heads) writer.ov_norms.push_back(head.ov->frobenius);
    return writer;
}

void add_composition(const LayerWeights& reader, const LayerFactors& factors, const LayerWeightReport& report,
                     const Writer& writer, const Rows& output, kernel::Workers& workers,
                     std::vector<CompositionPair>& pairs) {
    if (writer.v_grams.empty() || output.columns != reader.q.columns) return;
    const std::vector<ReaderSide> sides = sides_of(reader, factors);
    std::vector<std::vector<CompositionPair>> found(writer.heads);
    workers.parallel(writer.heads, [&](std::size_t from, unsigned) {
        for (const ReaderSide& side : sides)
            score_side(side, reader, report, writer, output, static_cast<std::uint32_t>(from), found[from]);
    });
    for (const auto& some : found) pairs.insert(pairs.end(), some.begin(), some.end());
}

}  // namespace attnx::analysis
