#include "indexer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "../ops/matmul.h"
#include "../ops/rope.h"
#include "attnx/base/error.h"
#include "heads.h"

namespace attnx::forward {

Indexer::Indexer(const MixerParts& parts, const model::IndexerPlan& plan)
    : plan_(plan),
      q_norm_(parts.tensors.optional_norm(Stem::indexer_q_norm, parts.graph.width)),
      ssmax_(parts.tensors, Stem::indexer_ssmax, plan.heads),
      factors_(parts, plan.rope) {
    const std::size_t all = product({plan.heads, plan.dim}, "an indexer's queries");
    if (all == 0 || plan.chosen == 0 || (plan.rope && plan.rope->dimensions > plan.dim))
        throw Error(ErrorCode::bad_value, fmt::format("an indexer of {} heads of {} that chooses {} keys", plan.heads,
                                                      plan.dim, plan.chosen));
    const Tensors& tensors = parts.tensors;
    q_ = tensors.linear(Stem::indexer_attn_q_b, kAny, all);
    k_ = tensors.linear(Stem::indexer_attn_k, parts.graph.width, plan.dim);
    k_norm_ = tensors.norm(Stem::indexer_k_norm, plan.dim);
    weigh_ = tensors.linear(Stem::indexer_proj, parts.graph.width, plan.heads);
}

// Of one query, with all keys it sees.
std::vector<float> Indexer::scores(std::span<const float> query, std::span<const float> weights,
                                   std::size_t visible) const {
    std::vector<float> scores(visible, 0.0F);
    const float scale = 1.0F / std::sqrt(static_cast<float>(std::size_t{plan_.dim} * plan_.heads));
    for (std::size_t j = 0; j < visible; ++j) {
        const std::span<const float> key = keys_.row(j);
        for (std::size_t h = 0; h < plan_.heads; ++h) {
            const auto q = query.subspan(h * plan_.dim, plan_.dim);
            const float dot = std::inner_product(q.begin(), q.end(), key.begin(), 0.0F);
            scores[j] += std::max(dot, 0.0F) * (weights[h] * scale);
        }
    }
    return scores;
}

void Indexer::choose(const Matrix& x, const Matrix& compressed, Pass& pass) {
    const NormRule rule{model::NormKind::layer, plan_.norm_epsilon};
    Matrix q = applied(q_, q_norm_ ? normalized(rule, q_norm_, x) : compressed, pass.workers);
    ssmax_.apply(q, pass.first_position);
    Matrix k = normalized(rule, k_norm_, applied(k_, x, pass.workers));
    if (plan_.rope) {
        const auto tokens = static_cast<std::uint32_t>(x.rows);
        const RopeTable table(*plan_.rope, factors_.of(*plan_.rope, pass.first_position + tokens), pass.first_position,
                              tokens);
        const std::size_t first = plan_.rotates_last ? plan_.dim - plan_.rope->dimensions : 0;
        rotate_heads(table, q, plan_.heads, first);
        rotate_heads(table, k, 1, first);
    }
    append_rows(keys_, k);
    const Matrix weights = applied(weigh_, x, pass.workers);
    Chosen& chosen = *pass.chosen;
    chosen.queries = x.rows;
    chosen.keys = keys_.rows;
    chosen.kept.assign(product({x.rows, keys_.rows}, "chosen keys"), 0);
    pass.workers.parallel(x.rows, [&](std::size_t t, unsigned) {
        const std::size_t visible = pass.first_position + t + 1, count = std::min<std::size_t>(visible, plan_.chosen);
        const std::vector<float> row = scores(q.row(t), weights.row(t), visible);
        std::vector<std::uint32_t> order(visible);
        std::iota(order.begin(), order.end(), 0U);
        std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                          [&row](auto a, auto b) { return row[a] > row[b] || (row[a] == row[b] && a < b); });
        for (std::size_t i = 0; i < count; ++i) chosen.kept[t * keys_.rows + order[i]] = 1;
    });
}

}  // namespace attnx::forward
