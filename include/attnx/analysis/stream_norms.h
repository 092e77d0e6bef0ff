// analysis: how long the residual stream is along the way.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "attnx/trace/sink.h"

namespace attnx::analysis {

// A sink that gathers the lengths (L2) of what some blocks leave, one per token.
class NormSink final : public trace::Sink {
public:
    explicit NormSink(std::set<std::uint32_t> layers) : layers_(std::move(layers)) {}

    bool wants_block_output(std::uint32_t layer) override { return layers_.count(layer) != 0; }
    void block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) override;

    std::map<std::uint32_t, std::vector<double>> take() { return std::move(norms_); }  // by layer

private:
    std::set<std::uint32_t> layers_;
    std::map<std::uint32_t, std::vector<double>> norms_;
};

}  // namespace attnx::analysis
