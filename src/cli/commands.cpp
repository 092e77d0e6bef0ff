#include <vector>

#include "command_rows.h"

namespace attnx::cli {

std::span<const CommandRow> commands() {
    static const std::vector<CommandRow> rows = {
        values_command(),
        tokenize_command(),
        help_command(),
        generate_command(),
    };
    return rows;
}

}  // namespace attnx::cli
