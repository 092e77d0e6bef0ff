// Which keys are left to each query by an indexer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace attnx::forward {

struct Chosen {
    std::size_t queries = 0, keys = 0;
    std::vector<std::uint8_t> kept;  // [queries, keys]; 0: not chosen

    bool fits(std::size_t query_count, std::size_t key_count) const {
        return queries == query_count && keys == key_count && kept.size() == queries * keys;
    }
    std::span<const std::uint8_t> of_query(std::size_t query) const {
        return std::span(kept).subspan(query * keys, keys);
    }
};

}  // namespace attnx::forward
