// One line per command; the table that lists them is commands.cpp.
#pragma once

#include "attnx/cli/command.h"

namespace attnx::cli {

CommandRow generate_command();
CommandRow values_command();
CommandRow tokenize_command();
CommandRow help_command();

}  // namespace attnx::cli
