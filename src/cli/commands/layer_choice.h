// Which layers and heads a command looks at. Private to cli.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "../arguments/selection.h"
#include "attnx/cli/options.h"
#include "attnx/model/spec.h"
#include "attnx/study/attend.h"

namespace attnx::cli {

Option layer_option(std::optional<std::uint32_t>& layer);

// --layers, --heads; help begins with what is done with them: "layers to look at", "heads to look at".
Option layers_option(IndexSelection& layers, std::string_view what);
Option heads_option(HeadSelection& heads, std::string_view what);

// The layer asked for, or the last that attends. Throws not_found when none does.
std::uint32_t chosen_layer(const model::ModelSpec& spec, std::optional<std::uint32_t> asked, const std::string& path);

// Of the trunk; empty: all of them.
std::set<std::uint32_t> layers_or_all(const IndexSelection& layers, const model::ModelSpec& spec);

// Of the layers chosen those that attend, with the heads chosen. Throws not_found when there is none.
study::Heads chosen_heads(const IndexSelection& layers, const HeadSelection& heads, const model::ModelSpec& spec,
                          const std::string& path);

}  // namespace attnx::cli
