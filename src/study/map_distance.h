// study: how differently each head attends than in maps that are kept. Private to study.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "attnx/study/compare.h"
#include "attnx/trace/attention.h"

namespace attnx::study {

// Sums over queries. Heads of a layer may add at once.
class HeadDistances {
public:
    void expect(std::uint32_t layer, std::uint32_t heads);
    bool has(std::uint32_t layer) const { return sums_.contains(layer); }
    // rows: of an expected layer. other: of as many heads and at least as many tokens.
    void add(const trace::AttentionRows& rows, const trace::AttentionMap& other);
    // By layer and head.
    std::vector<HeadDistance> means(std::size_t tokens) const;

private:
    std::map<std::uint32_t, std::vector<HeadDistance>> sums_;
};

// Hears of the layers that have a map, for as many queries as that.
class MapDistance final : public trace::Sink {
public:
    // The maps must stay where they are.
    explicit MapDistance(const std::map<std::uint32_t, trace::AttentionMap>& maps);

    bool wants_attention_at_once(std::uint32_t layer) override { return distances_.has(layer); }
    void attention_at_once(const trace::AttentionRows& rows) override { distances_.add(rows, maps_.at(rows.layer)); }

    std::vector<HeadDistance> heads(std::size_t tokens) const { return distances_.means(tokens); }

private:
    const std::map<std::uint32_t, trace::AttentionMap>& maps_;
    HeadDistances distances_;
};

}  // namespace attnx::study
