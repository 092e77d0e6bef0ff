// The largest context that fits a budget: bisection over the exact cost, in steps of 256 tokens per sequence.
#include <algorithm>

#include "attnx/analysis/kv_cost.h"
#include "attnx/base/error.h"
#include "kv_context.h"

namespace attnx::analysis {
namespace {

// A cost beyond 64 bits is beyond any budget.
bool fits(const model::ModelSpec& spec, const ContextParams& params, std::uint64_t budget_bytes) {
    try {
        return kv_cost(spec, params).total_bytes <= budget_bytes;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::overflow) return false;
        throw;
    }
}

}  // namespace

std::optional<std::uint64_t> largest_context(const model::ModelSpec& spec, ContextParams params,
                                             std::uint64_t budget_bytes, std::uint64_t limit) {
    const std::uint64_t sequences = params.unified ? 1 : std::max<std::uint64_t>(params.parallel, 1);
    const auto fits_steps = [&](std::uint64_t steps) {
        params.context = steps * kPad * sequences;
        return fits(spec, params, budget_bytes);
    };
    if (sequences > kMaxContext / kPad) kv_cost(spec, params);  // refused: so many sequences
    std::uint64_t most = std::min(limit, kMaxContext) / (kPad * sequences);
    if (most == 0 || !fits_steps(1)) return std::nullopt;
    std::uint64_t least = 1;
    while (least < most) {
        const std::uint64_t middle = least + (most - least + 1) / 2;
        if (fits_steps(middle)) least = middle;
        else most = middle - 1;
    }
    return least * kPad * sequences;
}

}  // namespace attnx::analysis
