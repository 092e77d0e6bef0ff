// attnx: the whole program in one look. The only place that catches.
#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "app.h"
#include "attnx/base/version.h"
#include "attnx/cli/command.h"
#include "attnx/io/bus_guard.h"
#include "attnx/view/render.h"
#include "generated/help.h"
#include "process/failure.h"
#include "process/interruption.h"
#include "process/process.h"

namespace {

using namespace attnx;
using namespace attnx::cli;

int run(Arguments arguments) {
    const Invocation invocation = parse(commands(), arguments);
    if (invocation.globals.version) {
        write_stdout(fmt::format("attnx {}\n", kVersion));
        return 0;
    }
    const Environment environment = process_environment(invocation.globals);
    const Outcome outcome = invocation.globals.help ? Outcome{help(commands(), invocation.row, environment)}
                                                    : invocation.command->run(environment);
    const bool long_work = invocation.row != nullptr && invocation.row->long_work;
    StandardOutput out(long_work ? Unread::fails : Unread::ends_quietly);
    environment.output->render(outcome.document, environment.out, out);
    out.finish();
    for (const std::string& message : outcome.messages) write_stderr(fmt::format("attnx: {}\n", message));
    return static_cast<int>(outcome.exit);
}

}  // namespace

int main(int argc, char** argv) {
    open_standard_streams();
    keep_freed_memory();
    const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    io::install_bus_guard();  // a model file may shrink while it is read
    handle_signals();
    try {
        return run(arguments);
    } catch (...) {
        return report_failure(output_asked_for(arguments));
    }
}
