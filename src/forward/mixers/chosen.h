// Which keys are left to each query by an indexer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "../kernel.h"
#include "attnx/model/graph.h"

namespace attnx::forward {

struct Chosen {
    std::size_t queries = 0, keys = 0;
    std::vector<std::uint8_t> kept;  // [queries, keys]; 0: not chosen

    void begin(std::size_t query_count, std::size_t key_count);  // none is chosen
    bool fits(std::size_t query_count, std::size_t key_count) const {
        return queries == query_count && keys == key_count && kept.size() == queries * keys;
    }
    std::span<const std::uint8_t> of_query(std::size_t query) const {
        return std::span(kept).subspan(query * keys, keys);
    }
    std::span<std::uint8_t> of_query(std::size_t query) { return std::span(kept).subspan(query * keys, keys); }
};

// How many numbers its queries are, of all heads. Throws bad_value where it cannot choose `count` things, called
// `what`.
std::size_t index_queries(const model::IndexerPlan& plan, std::size_t count, std::string_view what);

// The sum over an indexer's heads of weight * scale * relu(q.k), for the first `visible` keys. query: [heads, dim].
std::vector<float> index_scores(std::span<const float> query, std::span<const float> weights, float scale,
                                const Matrix& keys, std::size_t visible);

// Marks the members of the `count` best pools of `pool` keys by score, and the keys after the last whole one.
void keep_pools(std::span<const float> scores, std::size_t count, std::size_t pool, std::size_t seen,
                std::span<std::uint8_t> kept);

// Marks the `count` best by score, each of which stands for `group` keys. Of equals those that a partial sort finds, as
// in ggml: heads whose products are all negative leave many.
void keep_best(std::span<const float> scores, std::size_t count, std::size_t group, std::span<std::uint8_t> kept);

}  // namespace attnx::forward
