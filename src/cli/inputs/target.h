// cli: a token that is asked about. Private to cli.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attnx/cli/options.h"
#include "attnx/gguf/file.h"
#include "attnx/study/prompt.h"

namespace attnx::cli {

// --target TOKEN and --position P, which refer to what they are given.
Option target_option(std::optional<std::string>& target, std::string help, std::string otherwise);
Option position_option(std::optional<std::uint32_t>& position);

// A number is an id; else the first token whose piece is the text, spaces included. Throws usage where there is none
// (naming the tokens that the text takes) and for a text without a vocabulary.
std::uint32_t token_named(std::string_view text, const study::Prompt& prompt);

}  // namespace attnx::cli
