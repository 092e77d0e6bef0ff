// attnx: the whole program in one look. The only place that catches.
#include <fmt/format.h>

#include <exception>
#include <new>
#include <string_view>
#include <vector>

#include "app.h"
#include "attnx/base/error.h"
#include "attnx/base/version.h"
#include "attnx/cli/command.h"
#include "attnx/io/bus_guard.h"
#include "attnx/view/render.h"
#include "help.h"
#include "process.h"

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
    write_stdout(view::find_format(environment.format)->render(outcome.document, environment.out));
    return static_cast<int>(outcome.exit);
}

int fail(const Error& error, bool json) {
    write_stderr(fmt::format("attnx: {}\n", error.what()));
    if (json && error.code() != ErrorCode::write_failed) write_stdout(view::render_error_json(error));
    const bool absent = error.code() == ErrorCode::not_found;  // what was asked for is not there: an answer
    return static_cast<int>(absent ? ExitCode::answer_is_no : ExitCode::not_answered);
}

// What to say, told from what was thrown; to be called inside a handler.
Error current_error() {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return Error(ErrorCode::out_of_memory, "there is not enough memory");
    } catch (const std::exception& exception) {
        return Error(ErrorCode::internal, exception.what());
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    io::install_bus_guard();  // a model file may shrink while it is read
    try {
        return run(arguments);
    } catch (const std::exception&) {
        try {
            return fail(current_error(), wants_json(arguments));
        } catch (const std::exception&) {
            write_stderr("attnx: the failure could not be reported\n");
            return static_cast<int>(ExitCode::not_answered);
        }
    }
}
