// A file in the user's browser. Private to cli.
#pragma once

#include <optional>
#include <string>

namespace attnx::cli {

// Through the desktop's opener. Says why not, in a line for people.
std::optional<std::string> show_in_browser(const std::string& path);

}  // namespace attnx::cli
