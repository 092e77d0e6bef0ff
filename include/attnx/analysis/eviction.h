// analysis: what a cache that keeps the first tokens and the last ones would forget (attention sinks and a window,
// arXiv 2309.17453), read off the attention of the whole text.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "attnx/model/spec.h"
#include "attnx/trace/sink.h"

namespace attnx::analysis {

struct Eviction {
    std::uint32_t sinks = 0, window = 0;  // tokens kept: the first, and the last, the query among them
    double kept_share = 0;                // of the text's keys, when it ends
    double mass_lost_mean = 0;            // mean over heads and queries of the weight on keys that are gone by then
    struct Worst {
        std::uint32_t layer = 0, head = 0;
        double mass_lost = 0;  // mean over queries
    } worst;
};

// A sink that hears of all layers that attend. Keeps a sum for each head and window.
class EvictionSink final : public trace::Sink {
public:
    EvictionSink(const model::ModelSpec& spec, std::uint32_t tokens, std::uint32_t sinks,
                 std::span<const std::uint32_t> windows);

    bool wants_attention_at_once(std::uint32_t layer) override { return lost_.contains(layer); }
    void attention_at_once(const trace::AttentionRows& rows) override;

    std::vector<Eviction> result() const;  // by window, in the order given

private:
    std::uint32_t tokens_, sinks_;
    std::vector<std::uint32_t> windows_;
    std::map<std::uint32_t, std::vector<double>> lost_;  // by layer: [heads, windows], summed over queries
};

}  // namespace attnx::analysis
