#include "chosen.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::forward {

void Chosen::begin(std::size_t query_count, std::size_t key_count) {
    queries = query_count;
    keys = key_count;
    kept.assign(product({query_count, key_count}, "chosen keys"), 0);
}

std::size_t index_queries(const model::IndexerPlan& plan, std::size_t count, std::string_view what) {
    const std::size_t all = product({plan.heads, plan.dim}, "an indexer's queries");
    if (all == 0 || count == 0 || (plan.rope && plan.rope->dimensions > plan.dim))
        throw Error(ErrorCode::bad_value,
                    fmt::format("an indexer of {} heads of {} that chooses {} {}", plan.heads, plan.dim, count, what));
    return all;
}

std::vector<float> index_scores(std::span<const float> query, std::span<const float> weights, float scale,
                                const Matrix& keys, std::size_t visible) {
    std::vector<float> scores(visible, 0.0F);
    const std::size_t dim = keys.columns;
    for (std::size_t j = 0; j < visible; ++j) {
        const std::span<const float> key = keys.row(j);
        for (std::size_t h = 0; h < weights.size(); ++h) {
            const auto q = part(query, h * dim, dim, "an indexer's query");
            const float dot = std::inner_product(q.begin(), q.end(), key.begin(), 0.0F);
            scores[j] += std::max(dot, 0.0F) * (weights[h] * scale);
        }
    }
    return scores;
}

void keep_pools(std::span<const float> scores, std::size_t count, std::size_t pool, std::size_t seen,
                std::span<std::uint8_t> kept) {
    keep_best(scores, count, pool, kept);
    const std::size_t whole = scores.size() * pool;
    std::ranges::fill(part(kept, whole, seen - std::min(seen, whole), "chosen keys"), std::uint8_t{1});
}

void keep_best(std::span<const float> scores, std::size_t count, std::size_t group, std::span<std::uint8_t> kept) {
    std::vector<std::uint32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0U);
    count = std::min(count, order.size());
    const auto better = [scores](std::uint32_t a, std::uint32_t b) {  // what is not a number comes last
        return scores[a] > scores[b] || (std::isnan(scores[b]) && !std::isnan(scores[a]));
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), better);
    for (std::size_t i = 0; i < count; ++i)
        std::ranges::fill(part(kept, order[i] * group, group, "chosen keys"), std::uint8_t{1});
}

}  // namespace attnx::forward
