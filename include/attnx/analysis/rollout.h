// analysis: where what a token has become came from, through all layers at once (Abnar & Zuidema 2020, arXiv
// 2005.00928): each layer is half the mean of its heads and half the token itself, and layers multiply.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "attnx/trace/sink.h"

namespace attnx::analysis {

struct RolloutOptions {
    std::uint32_t tokens = 0;
    std::map<std::uint32_t, std::uint32_t> heads = {};  // of each layer that attends
    std::set<std::uint32_t> kept = {};                  // layers after which it is wanted
    bool drop_first = false;                            // nobody attends to the first token; rows are scaled up for it
    // Lengths that weights are multiplied with, of a head of a layer, one per key; rows are then scaled to sum to 1.
    // Nothing: weights as they are.
    std::function<std::span<const float>(std::uint32_t layer, std::uint32_t head)> lengths = {};
};

// A sink of every layer's rows, in turn; keeps two matrices [tokens, tokens] beside those wanted. Row i of the result
// after a layer is the share that each token of the input has at position i; rows sum to 1.
class RolloutSink final : public trace::Sink {
public:
    explicit RolloutSink(RolloutOptions options);

    bool wants_attention(std::uint32_t layer) override { return options_.heads.contains(layer); }
    void attention(const trace::AttentionRows& rows) override;

    // By layer, once told.
    std::map<std::uint32_t, std::vector<float>> take();

private:
    void add(const trace::AttentionRows& rows, std::uint32_t query);
    void finish_row(std::uint32_t layer, std::uint32_t query);
    std::span<double> row_of(std::vector<double>& matrix, std::uint32_t query) const;

    RolloutOptions options_;
    std::vector<double> before_, after_;  // [tokens, tokens]; rows of `after_` are sums over heads until they are whole
    std::map<std::uint32_t, std::vector<float>> results_;
};

}  // namespace attnx::analysis
