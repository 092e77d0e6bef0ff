// cli: a token that is asked about. Private to cli.
#pragma once

#include <cstdint>
#include <string_view>

#include "attnx/gguf/file.h"
#include "attnx/study/prompt.h"

namespace attnx::cli {

// A number is an id; else the first token whose piece is the text, spaces included. Throws usage where there is none
// (naming the tokens that the text takes) and for a text without a vocabulary.
std::uint32_t token_named(std::string_view text, const study::Prompt& prompt);

}  // namespace attnx::cli
