// A context's sizes as llama.cpp settles them, and whether it would create it at all.
#pragma once

#include <limits>

#include "attnx/analysis/kv_cost.h"

namespace attnx::analysis {

inline constexpr std::uint32_t kPad = 256;  // contexts, windows and cells come in multiples of it
inline constexpr std::uint64_t kMaxContext =
    std::numeric_limits<std::uint32_t>::max() - kPad + 1;  // llama.cpp's are 32-bit

// In llama.cpp's 32-bit numbers (llama-context.cpp, llama_context).
struct ContextSizes {
    std::uint32_t sequences = 1;
    std::uint32_t context = 0;       // n_ctx, all sequences
    std::uint32_t per_sequence = 0;  // n_ctx_seq
    std::uint32_t batch = 0, ubatch = 0;
    std::uint32_t snapshots = 0;
    bool flash_attention = true;
    bool unified = false;

    std::uint32_t streams() const { return unified ? 1 : sequences; }
};

bool is_quantised(gguf::TensorType type);
// Of an ordinary context, or of one for next-token prediction. Throws refused.
const model::MemoryPlan& plan_of(const model::ModelSpec& spec, const ContextParams& params);

// Throws refused, with llama.cpp's reason in our words.
ContextSizes settle(const model::MemoryPlan& plan, const ContextParams& params);

}  // namespace attnx::analysis
