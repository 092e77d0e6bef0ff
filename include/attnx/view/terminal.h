// view: what a terminal can show. Pure functions: who calls them looks at the process, see src/cli/process.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace attnx::view {

enum class ColourWish : std::uint8_t { automatic, always, never };
enum class ColourDepth : std::uint8_t { none, ansi16, ansi256, truecolour };

using Getenv = std::function<const char*(const char*)>;

// First that applies: an explicit wish; NO_COLOR; CLICOLOR_FORCE or FORCE_COLOR; TERM=dumb; not a terminal.
// An empty variable counts as unset. The depth then follows COLORTERM and TERM.
ColourDepth decide_colour(ColourWish wish, bool is_terminal, const Getenv& look_up);

// Columns that valid, printable UTF-8 takes: 2 for wide characters, 0 for combining ones, a joined emoji counts once.
std::size_t display_width(std::string_view text);

// The longest beginning of at most `columns`, with `ellipsis` as its last columns when something was left out.
std::string clip(std::string_view text, std::size_t columns, std::string_view ellipsis);

}  // namespace attnx::view
