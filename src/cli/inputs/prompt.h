// cli: where a prompt comes from, for the commands that take one.
#pragma once

#include <optional>
#include <string>

#include "attnx/cli/command.h"
#include "attnx/cli/options.h"

namespace attnx::cli {

class Prompt {
public:
    // -p TEXT, -f FILE, and "-" for standard input.
    void declare(Options& options);

    bool given() const { return text_ || path_ || standard_input_; }

    // The file that is read, if it is one that has a name.
    std::optional<std::string> file() const { return path_ && *path_ != "-" ? path_ : std::nullopt; }

    // The text, its bytes as they are. Without any option standard input is read unless it is a terminal.
    // Throws usage (none, several, or an empty one), cannot_open, read_failed.
    std::string read(const Environment& environment) const;

private:
    std::optional<std::string> text_, path_;
    bool standard_input_ = false;
};

}  // namespace attnx::cli
