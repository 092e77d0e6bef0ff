// analysis: floating-point operations and memory traffic of attention and the rest, stage by stage.
//
// A multiply-add is 2 FLOP. Masked pairs are not counted: a query at position i sees i + 1 keys, fewer under a window.
// Softmax: 5 FLOP per visible pair (scale, subtract, exponential, sum, divide). Recurrent state: 4 FLOP per element
// (decay, input, and a multiply-add to read it). Norms, rope and activations are left out: O(width) per token.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/model/compute_plan.h"
#include "attnx/model/spec.h"

namespace attnx::analysis {

enum class Stage : std::uint8_t { q, k, v, scores, softmax, weighted_sum, o, mixer, feed_forward, output_head };
inline constexpr std::size_t kStageCount = 10;
std::string_view id(Stage stage);     // "weighted_sum", the JSON key
std::string_view title(Stage stage);  // "weighted sum of V"

using StageFlops = std::array<double, kStageCount>;  // FLOP, indexed by Stage

struct ComputeParams {
    std::uint64_t context = 0;  // tokens: of the prompt, or the position that is decoded
    std::uint64_t batch = 1;    // sequences
    bool decode = false;        // one token per sequence at position `context`
};

struct LayerCompute {
    std::uint32_t layer = 0;
    StageFlops flops{};  // output_head stays 0
    double total_flops = 0;
    std::uint64_t attention_matrix_bytes = 0;  // float32 [batch, heads, queries, keys] if it were materialised
};

struct ComputeCost {
    ComputeParams params;
    std::vector<LayerCompute> layers;
    StageFlops flops{};
    double total_flops = 0;
    std::uint64_t attention_matrix_bytes = 0;            // of all layers
    std::uint64_t attention_matrix_bytes_per_layer = 0;  // of the largest
    // Per decoded token at position `context`, one sequence: weights once, plus K/V in f16 and float32 state.
    std::uint64_t weight_bytes_read = 0, cache_bytes_read = 0;
    // Smallest prompt whose scores and weighted sums cost at least as much as its Q, K, V, O projections; nothing: none
    // up to 2^32.
    std::optional<std::uint64_t> crossover_context;
    bool counted_from_tensors = false;
};

// Throws refused when context or batch is 0, overflow when a byte count does not fit.
ComputeCost compute_cost(const model::ModelSpec& spec, const model::ComputePlan& plan, const ComputeParams& params);

// Why the figures are an estimate; nothing where every stage is counted as the architecture computes it.
std::optional<std::string> compute_estimate_reason(const model::ModelSpec& spec);

}  // namespace attnx::analysis
