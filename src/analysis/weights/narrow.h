// analysis: heads of more dimensions than the stream has.
#pragma once

#include <vector>

#include "attnx/analysis/weights.h"
#include "attnx/kernel/workers.h"
#include "layer_weights.h"

namespace attnx::analysis {

// Spectra of the matrices as the file has them, by head (q, o) and KV head (k, v); empty where heads were not narrowed.
struct OwnSpectra {
    std::vector<Spectrum> q, k, v, o;
};

// A head of n dimensions over a stream of d < n makes circuits of rank d at most. With K = B R (B orthonormal, R d*d),
// Q^T K = (B^T Q)^T R: heads of d dimensions make the same circuits, and everything afterwards is cubic in d and not in
// n. Rows of Q and K, and those of O and V, are replaced so where they are longer than wide; dim_k and dim_v become d.
OwnSpectra narrow_heads(LayerWeights& weights, kernel::Workers& workers);

}  // namespace attnx::analysis
