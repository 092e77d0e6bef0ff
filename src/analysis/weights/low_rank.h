// analysis: multi-head latent attention (DeepSeek-V2, arXiv 2405.04434) as ordinary heads.
#pragma once

#include "layer_weights.h"

namespace attnx::analysis {

// Multiplies the factors out: W_Q = W_QB diag(gain) W_QA (or W_Q itself), W_K of a head = its rows of W_KB
// diag(gain) W_KVA above the rotated rows that all heads share, W_V likewise. Throws Misfit when that is not
// possible.
void read_low_rank(const gguf::File& file, const LayerTensors& tensors, bool raw, LayerWeights& weights);

}  // namespace attnx::analysis
