// Arguments against option rows. Private to cli.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/cli/options.h"

namespace attnx::cli {

using Arguments = std::span<const std::string_view>;

// One option with its value, or one positional, in the order typed.
struct Occurrence {
    const Option* option = nullptr;
    std::string_view typed;  // the spelling that was used, for messages
    std::string value;       // "" for flags
};

// Which row an argument spells: "--ctx", "--ctx=8k", "-ctk", "-c8k" (a letter directly followed by digits).
struct Spelled {
    const Option* option = nullptr;  // nullptr: none
    std::string_view typed;
    bool has_value = false;  // the value came in the same argument
    std::string_view value;
};
Spelled spelled(std::string_view argument, std::span<const Option> rows);

bool looks_like_option(std::string_view argument);  // "-" alone is a positional: standard input

// cli11.cpp: every argument assigned to a row of `rows`; "--" ends the options. Throws Error{usage} for what no row
// takes, and when one that is required is not there.
std::vector<Occurrence> match_rows(Arguments arguments, std::span<const Option> rows);

// Checks choices, then calls the setters in order; of an option given twice that is not repeatable the last one counts.
// Throws Error{usage}; what a setter throws is prefixed with the spelling.
void call_setters(std::span<const Occurrence> occurrences);

}  // namespace attnx::cli
