// model: which weights each token is multiplied with, layer by layer. All that compute-cost needs besides the geometry.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnx/gguf/tensor_info.h"
#include "attnx/model/spec.h"

namespace attnx::model {

// Elements of the matrices that one token passes through (a multiply and an add each), and their bytes in the file.
struct LayerWeights {
    std::uint32_t layer = 0;
    std::uint64_t q = 0, k = 0, v = 0, o = 0;  // fused and low-rank projections divided among them
    std::uint64_t mixer = 0;                   // recurrent mixers, convolutions, indexers
    std::uint64_t state_elements = 0;          // of the recurrent state, updated and read once per token
    std::uint64_t feed_forward = 0;            // active per token: dense, shared experts, router, used experts
    std::uint64_t active_bytes = 0;            // read from memory for one token
};

struct ComputePlan {
    std::vector<LayerWeights> layers;  // one per layer of the model
    std::uint64_t output_head = 0;     // elements of the matrix that makes logits
    std::uint64_t output_head_bytes = 0;
    bool counted_from_tensors =
        false;  // false: from what the architecture demands, or by formula (feed-forward assumed gated)
};

// From the tensor table where there is one; else from the tensors that the architecture's plan demands; else from the
// geometry.
ComputePlan build_compute_plan(const ModelSpec& spec, std::span<const gguf::TensorInfo> tensors);

}  // namespace attnx::model
