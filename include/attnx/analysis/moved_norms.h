// analysis: how long what a head moves is, ‖W_O^h v_j‖: attention to a token whose value is short moves little,
// whatever its weight (Kobayashi et al. 2020, arXiv 2004.10102).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "attnx/trace/sink.h"

namespace attnx::analysis {

// Of one layer: of each head the length of what it moves of each token.
struct MovedNorms {
    std::uint32_t heads = 0, tokens = 0;
    bool gated = false;              // a gate that depends on the text comes before W_O; it is left out
    std::vector<float> values = {};  // [heads, tokens]

    std::span<const float> head(std::uint32_t h) const {
        return std::span(values).subspan(std::size_t{h} * tokens, tokens);
    }
};

// A sink that gathers them of some layers, from one pass that was fed everything.
class MovedNormSink final : public trace::Sink {
public:
    explicit MovedNormSink(std::set<std::uint32_t> layers) : layers_(std::move(layers)) {}

    bool wants_vectors(std::uint32_t layer) override { return layers_.contains(layer); }
    void vectors(const trace::HeadVectors& vectors) override;
    bool wants_scoring(std::uint32_t layer) override { return layers_.contains(layer); }
    void scoring(const trace::Scoring& scoring) override;

    const std::map<std::uint32_t, MovedNorms>& norms() const { return norms_; }
    std::map<std::uint32_t, MovedNorms> take() { return std::move(norms_); }

private:
    std::set<std::uint32_t> layers_;
    std::map<std::uint32_t, MovedNorms> norms_;
    std::vector<float> values_;  // of the layer being told, [kv_heads, tokens, dim]
    std::uint32_t kv_heads_ = 0;
};

}  // namespace attnx::analysis
