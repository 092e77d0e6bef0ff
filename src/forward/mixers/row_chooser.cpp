#include "row_chooser.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "../ops/matmul.h"
#include "attnx/base/error.h"
#include "heads.h"

namespace attnx::forward {

RowChooser::RowChooser(const MixerParts& parts, const model::CompressionPlan& plan)
    : plan_(*plan.indexer), candidates_(plan.candidates) {
    const std::size_t all = index_queries(plan_, plan_.chosen, "rows");
    if (candidates_ && (candidates_->block == 0 || candidates_->count == 0))
        throw Error(ErrorCode::bad_value, fmt::format("an indexer that looks into {} blocks of {} rows",
                                                      candidates_->count, candidates_->block));
    q_ = parts.tensors.linear(Stem::indexer_attn_q_b, kAny, all);
    weigh_ = parts.tensors.linear(Stem::indexer_proj, parts.graph.width, plan_.heads);
}

// The best blocks by their best row; the newest is always one of them.
void RowChooser::keep_blocks(std::span<const float> scores, std::span<std::uint8_t> kept) const {
    const std::size_t block = candidates_->block;
    std::vector<float> best((scores.size() + block - 1) / block, -std::numeric_limits<float>::infinity());
    for (std::size_t j = 0; j < scores.size(); ++j) best[j / block] = std::max(best[j / block], scores[j]);
    if (best.empty()) return;
    best.back() = std::numeric_limits<float>::infinity();
    std::vector<std::uint8_t> blocks(best.size(), 0);
    keep_best(best, candidates_->count, 1, blocks);
    for (std::size_t j = 0; j < scores.size(); ++j) kept[j] = blocks[j / block];
}

void RowChooser::choose(const Matrix& x, const Matrix& compressed, const RopeTable& table, const CompressedRows& rows,
                        Pass& pass) const {
    Matrix q = applied(q_, compressed, pass.workers);
    if (plan_.rope) rotate_heads(table, q, plan_.heads, plan_.dim - plan_.rope->dimensions);
    const Matrix weights = applied(weigh_, x, pass.workers);
    const float scale = 1.0F / std::sqrt(static_cast<float>(std::size_t{plan_.dim} * plan_.heads));
    Chosen& chosen = pass.handed->chosen;
    Chosen& candidates = pass.handed->candidates;
    chosen.begin(x.rows, rows.index.rows);
    if (candidates_ && candidates_->source) candidates.begin(x.rows, rows.index.rows);
    if (follows() && !candidates.fits(x.rows, rows.index.rows))
        throw Error(ErrorCode::bad_value, "a layer is to choose among the blocks of a layer that has no such rows");
    pass.workers.parallel(x.rows, [&](std::size_t t, unsigned) {
        const std::size_t visible = (std::size_t{pass.first_position} + t + 1) / rows.ratio;
        std::vector<float> scores = index_scores(q.row(t), weights.row(t), scale, rows.index, visible);
        const std::span<std::uint8_t> kept = chosen.of_query(t);
        if (!candidates_) return keep_best(scores, plan_.chosen, 1, kept);
        if (candidates_->source) keep_blocks(scores, candidates.of_query(t));
        const std::span<const std::uint8_t> may = candidates.of_query(t);
        for (std::size_t j = 0; follows() && j < visible; ++j)
            if (may[j] == 0) scores[j] = -std::numeric_limits<float>::infinity();
        keep_best(scores, plan_.chosen, 1, kept);
        for (std::size_t j = 0; follows() && j < visible; ++j) kept[j] &= may[j];
    });
}

}  // namespace attnx::forward
