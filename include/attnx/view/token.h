// view: tokens as people see them, the one place that decides it.
#pragma once

#include <string>
#include <string_view>

namespace attnx::view {

// A piece as one line of visible text: spaces as "·", line breaks as "⏎", bytes that are no whole character as <0xE2>,
// control characters escaped.
std::string visible_token(std::string_view piece);

// The same with spaces as they are: a field for scripts.
std::string plain_token(std::string_view piece);

}  // namespace attnx::view
