// Help texts from command and option rows. Private to cli.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "attnx/cli/command.h"
#include "attnx/view/document.h"

namespace attnx::cli {

// "-c, --ctx, --ctx-size N[,N…]"
std::string spelling_list(const Option& option);

// The help of an option as a sentence: with a capital first letter and a full stop.
std::string sentence(std::string_view text);

// The sentence on an option, with its choices and default.
std::string option_help(const Option& option);

// "kv-cost [MODEL] [options]": how a command is called, without "attnx ".
std::string usage_line(const CommandRow& row, const Options& options);

// Help on one command, or on attnx itself when `row` is nullptr. People get text laid out for the environment,
// scripts the rows.
view::Document help(std::span<const CommandRow> commands, const CommandRow* row, const Environment& environment);

}  // namespace attnx::cli
