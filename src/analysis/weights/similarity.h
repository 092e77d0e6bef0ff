// analysis: how alike the heads of a layer are.
#pragma once

#include "attnx/analysis/weights.h"
#include "attnx/kernel/workers.h"
#include "layer_weights.h"

namespace attnx::analysis {

// Sets the heads' nearest_qk and nearest_ov, report.twins, and with `matrices` report.qk_cosines and ov_cosines. Memory
// without them: a few rows per thread.
void add_similarity(const LayerWeights& weights, LayerWeightReport& report, bool matrices, kernel::Workers& workers);

}  // namespace attnx::analysis
