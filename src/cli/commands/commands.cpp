#include <vector>

#include "command_rows.h"

namespace attnx::cli {

std::span<const CommandRow> commands() {
    static const std::vector<CommandRow> rows = {
        inspect_command(), tensors_command(),  metadata_command(), check_command(),    values_command(),
        diff_command(),    ls_command(),       kv_cost_command(),  kv_loss_command(),  compute_cost_command(),
        probe_command(),   tokenize_command(), weights_command(),  attend_command(),   heads_command(),
        states_command(),  graph_command(),    explain_command(),  ablate_command(),   lens_command(),
        draw_command(),    view_command(),     help_command(),     generate_command(),
    };
    return rows;
}

}  // namespace attnx::cli
