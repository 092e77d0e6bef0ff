#include "failure.h"

#include <fmt/format.h>

#include <exception>
#include <new>

#include "attnx/base/error.h"
#include "attnx/cli/command.h"
#include "attnx/view/render.h"
#include "process.h"

namespace attnx::cli {
namespace {

// The exception being handled, as an Error.
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

// It may be standard output itself that failed; standard error has said so already.
void write_if_possible(const std::string& text) {
    try {
        write_stdout(text);
    } catch (const Error&) {
    }
}

}  // namespace

int report_failure(const view::OutputRow& output) noexcept {
    try {
        const Error error = current_error();
        write_stderr(fmt::format("attnx: {}\n", error.what()));
        if (output.failure != nullptr && !stdout_has_begun()) write_if_possible(output.failure(error));
        const bool absent = error.code() == ErrorCode::not_found;  // what was asked for is not there: an answer
        return static_cast<int>(absent ? ExitCode::answer_is_no : ExitCode::not_answered);
    } catch (...) {
        write_stderr("attnx: the failure could not be reported\n");
        return static_cast<int>(ExitCode::not_answered);
    }
}

}  // namespace attnx::cli
