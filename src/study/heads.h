// What is asked about must be there. Private to study.
#pragma once

#include <set>
#include <string>

#include "attnx/base/error.h"
#include "attnx/model/graph.h"
#include "attnx/study/attend.h"

namespace attnx::study {

// Throws not_found unless there are some, and all are of layers that attend.
void expect_heads(const gguf::File& file, const model::ModelSpec& spec, const Heads& heads);

// Those asked for, or all. Throws not_found for one that is not there.
std::set<std::uint32_t> layers_or_all(const model::Graph& graph, const std::set<std::uint32_t>& asked,
                                      const std::string& path);

// The one asked for, or the last. Throws not_found where the prompt has none such.
std::uint32_t expect_position(const gguf::File& file, const Prompt& prompt, std::optional<std::uint32_t> asked);

// Before it is run. Throws unsupported for a model that cannot say what comes next.
void expect_output_head(const gguf::File& file, const model::Graph& graph);

}  // namespace attnx::study
