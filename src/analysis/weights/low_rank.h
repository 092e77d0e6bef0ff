// analysis: multi-head latent attention (DeepSeek-V2, arXiv 2405.04434) as ordinary heads.
#pragma once

#include <optional>
#include <string>

#include "layer_weights.h"

namespace attnx::analysis {

// rows[i][j] *= gain[j]; nothing when the sizes differ.
void scale_columns(Rows& rows, const std::vector<float>& gain);
// rows[i][j] *= gain[i modulo its length]
void scale_rows(Rows& rows, const std::vector<float>& gain);

// Multiplies the factors out: W_Q = W_QB diag(gain) W_QA (or W_Q itself), W_K of a head = its rows of W_KB
// diag(gain) W_KVA above the rotated rows that all heads share, W_V likewise. Returns why that is not
// possible, or nothing.
std::optional<std::string> read_low_rank(const gguf::File& file, const LayerTensors& tensors, bool raw,
                                         LayerWeights& weights);

}  // namespace attnx::analysis
