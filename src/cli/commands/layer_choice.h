// --layer of commands that look at one layer. Private to cli.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "attnx/cli/options.h"
#include "attnx/model/spec.h"

namespace attnx::cli {

Option layer_option(std::optional<std::uint32_t>& layer);

// The layer asked for, or the last that attends. Throws not_found when none does.
std::uint32_t chosen_layer(const model::ModelSpec& spec, std::optional<std::uint32_t> asked, const std::string& path);

}  // namespace attnx::cli
