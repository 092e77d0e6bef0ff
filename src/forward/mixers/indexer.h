// Chooses for each query the keys that attention is left with (DeepSeek-V3.2's lightning indexer). llama.cpp rotates
// queries and keys by a Hadamard matrix before it multiplies them, which changes no product.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../kernel.h"
#include "../ops/norm.h"
#include "../weights.h"
#include "attnx/model/graph.h"
#include "heads.h"
#include "mixer.h"

namespace attnx::forward {

class Indexer {
public:
    Indexer(const MixerParts& parts, const model::IndexerPlan& plan);

    // x: the layer's normalised input; compressed: the low-rank queries. Writes pass.chosen.
    void choose(const Matrix& x, const Matrix& compressed, Pass& pass);
    void reset() { keys_ = {}; }

private:
    std::vector<float> scores(std::span<const float> query, std::span<const float> weights, std::size_t visible) const;

    model::IndexerPlan plan_;
    Linear q_, k_, weigh_;
    Norm q_norm_;  // of the layer's input, where queries are made of that (Mistral Large 4)
    Norm k_norm_;
    PositionScale ssmax_;
    RopeFactors factors_;
    Matrix keys_;  // of all tokens so far
};

}  // namespace attnx::forward
