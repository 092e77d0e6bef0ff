// analysis: the mean of some heads of a layer, gathered while a forward pass runs.
#pragma once

#include <cstdint>
#include <vector>

#include "attnx/analysis/attention_graph.h"
#include "attnx/trace/sink.h"

namespace attnx::analysis {

// A sink that keeps one matrix, [tokens, tokens], however many heads there are.
class MeanMapSink final : public trace::Sink {
public:
    // `heads`: ascending, at least one.
    MeanMapSink(std::uint32_t layer, std::vector<std::uint32_t> heads, std::uint32_t tokens);

    bool wants_attention(std::uint32_t layer) override { return layer == layer_; }
    void attention(const trace::AttentionRows& rows) override;

    // Once told; rounded to floats, as weights are.
    SquareMatrix mean() const;

private:
    std::uint32_t layer_;
    std::vector<std::uint32_t> heads_;
    SquareMatrix sums_;
};

}  // namespace attnx::analysis
