// analysis: how much a head reads of what an earlier one writes (Elhage et al. 2021, "A Mathematical
// Framework for Transformer Circuits").
#pragma once

#include <functional>
#include <vector>

#include "attnx/kernel/workers.h"
#include "measure_layer.h"

namespace attnx::analysis {

// What later layers need of an earlier one beside its W_O.
struct Writer {
    std::uint32_t layer = 0, heads = 0, kv_heads = 0, dim_v = 0;
    std::vector<Matrix> v_grams;   // per KV head
    std::vector<double> ov_norms;  // per head
    Rows narrowed;                 // its transposed W_O, where heads were narrowed and the file's is another
};
Writer writer_of(const LayerWeights& weights, const LayerFactors& factors, const LayerWeightReport& report);

// The scores of every head of the reading layer with every head of `writer`, whose transposed W_O is
// `output`:
//   Q: |W_QK2^T W_OV1|, K: |W_QK2 W_OV1|, V: |W_OV2 W_OV1|, each over the product of both norms. With M =
//   (rows of W_Q2, W_K2 or W_V2) W_O1 the
// square of the first is tr(G_K2 M G_V1 M^T), of the second tr(G_Q2 …), of the third tr(G_O2 …): only k*k
// matrices.
void add_composition(const LayerWeights& reader, const LayerFactors& factors, const LayerWeightReport& report,
                     const Writer& writer, const Rows& output, kernel::Workers& workers,
                     std::vector<CompositionPair>& pairs);

}  // namespace attnx::analysis
