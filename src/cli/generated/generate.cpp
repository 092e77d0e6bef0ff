#include "generate.h"

#include "../app.h"

namespace attnx::cli {

Options rows_of(const CommandRow& command) { return command.make()->declare(); }

Options global_rows() {
    Globals unbound;
    return global_options(unbound);
}

std::string shell_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string_view("'\\''") : std::string_view(&c, 1);
    return quoted + "'";
}

}  // namespace attnx::cli
