// One line per command; the table that lists them is commands.cpp.
#pragma once

#include "attnx/cli/command.h"

namespace attnx::cli {

CommandRow inspect_command();
CommandRow tensors_command();
CommandRow metadata_command();
CommandRow check_command();
CommandRow diff_command();
CommandRow ls_command();
CommandRow probe_command();
CommandRow kv_cost_command();
CommandRow kv_loss_command();
CommandRow compute_cost_command();
CommandRow generate_command();
CommandRow values_command();
CommandRow tokenize_command();
CommandRow weights_command();
CommandRow attend_command();
CommandRow heads_command();
CommandRow states_command();
CommandRow graph_command();
CommandRow explain_command();
CommandRow ablate_command();
CommandRow lens_command();
CommandRow draw_command();
CommandRow view_command();
CommandRow help_command();

}  // namespace attnx::cli
