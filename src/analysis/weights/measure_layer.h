// analysis: one layer's figures from its matrices.
#pragma once

#include <vector>

#include "algebra.h"
#include "attnx/analysis/weights.h"
#include "attnx/kernel/workers.h"
#include "layer_weights.h"
#include "narrow.h"

namespace attnx::analysis {

// What circuits are made of: per head Q and O, per KV head K and V. Empty where the layer has no such matrix.
struct LayerFactors {
    std::vector<Factor> q, k, v, o;
};
LayerFactors factors_of(const LayerWeights& weights, kernel::Workers& workers);

LayerWeightReport measure_layer(const LayerWeights& weights, const LayerFactors& factors, const OwnSpectra& own,
                                const WeightOptions& options, kernel::Workers& workers);

}  // namespace attnx::analysis
