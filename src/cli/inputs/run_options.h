// cli: the options of every command that runs a model. Private to cli.
#pragma once

#include "attnx/cli/options.h"
#include "attnx/study/run.h"

namespace attnx::cli {

// -t N, --numerics HOW, --max-memory SIZE; they refer to `run`, which must stay where it is.
void declare_run(Options& options, study::Run& run);

}  // namespace attnx::cli
