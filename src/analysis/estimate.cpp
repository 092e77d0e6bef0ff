#include <fmt/format.h>

#include "attnx/analysis/kv_cost.h"

namespace attnx::analysis {

std::optional<std::string> estimate_reason(const model::ModelSpec& spec) {
    if (spec.support == model::Support::unknown)
        return "attnx has no row for this architecture and takes its cache for a plain one";
    if (!spec.fork_of.empty())
        return fmt::format("llama.cpp knows this architecture as {} only, and would take this for it", spec.fork_of);
    if (!spec.memory.refusals.empty()) return "llama.cpp refuses this file";
    return std::nullopt;
}

}  // namespace attnx::analysis
