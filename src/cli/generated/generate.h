// Man page and shell completions from command and option rows. Private to cli.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "attnx/cli/command.h"

namespace attnx::cli {

std::string man_page(std::span<const CommandRow> commands);         // man_page.cpp
std::string bash_completion(std::span<const CommandRow> commands);  // the others: one file per shell
std::string zsh_completion(std::span<const CommandRow> commands);
std::string fish_completion(std::span<const CommandRow> commands);

// The rows of a command and the global ones, for text only: their setters must not be called.
Options rows_of(const CommandRow& command);
Options global_rows();

// 'text' for a shell, between single quotes.
std::string shell_quoted(std::string_view text);

}  // namespace attnx::cli
