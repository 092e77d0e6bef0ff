// analysis: how differently the heads of a layer attend.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "attnx/base/budget.h"
#include "attnx/model/spec.h"
#include "attnx/trace/sink.h"

namespace attnx::analysis {

// Jensen-Shannon divergence of two rows in nats, 0 to ln 2; its root is a metric. What a row lacks to 1 is one key
// more, of learned sinks.
double jensen_shannon(std::span<const float> a, std::span<const float> b);

// A sink that gathers its mean over queries, of all pairs of heads of some layers, while the rows of a block of queries
// are held.
class HeadDistanceSink final : public trace::Sink {
public:
    HeadDistanceSink(const model::ModelSpec& spec, const std::set<std::uint32_t>& layers);

    static Need need(const model::ModelSpec& spec, std::uint64_t tokens, const std::set<std::uint32_t>& layers);

    bool wants_attention(std::uint32_t layer) override { return layers_.contains(layer); }
    void attention(const trace::AttentionRows& rows) override;

    // By layer: [head, head], of each pair its mean; 0 on the diagonal.
    std::map<std::uint32_t, std::vector<float>> take();

private:
    struct Layer {
        std::uint32_t heads = 0, queries = 0;
        std::vector<double> sums;  // [head, head], above the diagonal
    };

    void compare(Layer& layer, std::uint32_t queries, std::uint32_t keys);

    std::map<std::uint32_t, Layer> layers_;
    std::vector<std::vector<float>> block_;  // of each head told so far
};

}  // namespace attnx::analysis
