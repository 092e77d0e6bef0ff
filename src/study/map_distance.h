// study: how differently each head attends than in maps that are kept. Private to study.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "attnx/study/compare.h"
#include "attnx/trace/attention.h"

namespace attnx::study {

// Hears of the layers that have a map, for as many queries as that.
class MapDistance final : public trace::Sink {
public:
    // The maps must stay where they are.
    explicit MapDistance(const std::map<std::uint32_t, trace::AttentionMap>& maps);

    bool wants_attention_at_once(std::uint32_t layer) override { return maps_.contains(layer); }
    void attention_at_once(const trace::AttentionRows& rows) override;

    // By layer and head.
    std::vector<HeadDistance> heads(std::size_t tokens) const;

private:
    const std::map<std::uint32_t, trace::AttentionMap>& maps_;
    std::map<std::uint32_t, std::vector<HeadDistance>> heads_;  // sums over queries
};

}  // namespace attnx::study
