#include "run_options.h"

#include "../arguments/option_rows.h"

namespace attnx::cli {

void declare_run(Options& options, study::Run& run) {
    options.push_back(threads_option(run.threads));
    options.push_back(numerics_option(run.numerics));
    options.push_back(value({"--max-memory"}, "SIZE",
                            "refuse what takes more memory than this, beside the file's own pages", "4GiB",
                            [&run](std::string_view t) { run.max_memory = bytes(t); }));
}

}  // namespace attnx::cli
