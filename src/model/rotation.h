// How queries and keys are rotated and scores scaled, layer by layer: decided here once, from the row, the
// draft and keys.
#pragma once

#include "read.h"

namespace attnx::model {

class Rotations {
public:
    // Reads YaRN's keys.
    Rotations(const ArchTraits& row, const Draft& draft, Hparams& hparams);

    // Sets rotation and score_scale; kind, heads and dimensions are set already.
    void describe(LayerSpec& layer) const;

private:
    bool rotates(std::uint32_t layer) const;
    float score_scale(const LayerSpec& layer) const;

    const ArchTraits& row_;
    const Draft& draft_;
    RopePlan full_, sliding_;    // dimensions are the layer's business
    float score_factor_ = 1.0F;  // of ScaleRule::yarn_squared
};

}  // namespace attnx::model
