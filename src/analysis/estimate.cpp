#include <fmt/format.h>

#include <algorithm>

#include "attnx/analysis/compute_cost.h"
#include "attnx/analysis/kv_cost.h"

namespace attnx::analysis {

std::optional<std::string> estimate_reason(const model::ModelSpec& spec) {
    if (spec.estimate) return spec.estimate;
    if (spec.support == model::Support::unknown)
        return "attnx has no row for this architecture and takes its cache for a plain one";
    if (!spec.fork_of.empty())
        return fmt::format("llama.cpp knows this architecture as {} only, and would take this for it", spec.fork_of);
    // What else it may refuse (a vocabulary, the order of data) says nothing about the cache.
    const bool has_tensors = spec.parameter_count != 0;
    const std::optional<Refusal> refusal = !spec.key_refusals.empty() ? std::optional(spec.key_refusals.front())
                                           : has_tensors              ? spec.tensors.refusal
                                                                      : std::nullopt;
    if (refusal) return fmt::format("llama.cpp refuses this file: {}", refusal->message);
    return std::nullopt;
}

std::optional<std::string> compute_estimate_reason(const model::ModelSpec& spec) {
    if (spec.support == model::Support::unknown)
        return "attnx has no row for this architecture and takes its layers for plain ones";
    const auto any = [&](auto&& condition) { return std::ranges::any_of(spec.layers, condition); };
    if (any([](const model::LayerSpec& layer) { return layer.kind == model::LayerKind::compressed; }))
        return "scores over compressed rows are left out";
    if (any([](const model::LayerSpec& layer) { return layer.indexer; }))
        return "scores of the indexer are left out, and all visible keys counted, not only those that it chooses";
    return std::nullopt;
}

}  // namespace attnx::analysis
