// The process around a command: terminal, locale, standard streams. Private to cli.
#pragma once

#include <string>
#include <string_view>

#include "../app.h"
#include "attnx/cli/command.h"
#include "attnx/view/sink.h"

namespace attnx::cli {

// Before anything else is opened: a standard stream that is closed would lend its number to the next file, a model say.
// /dev/null stands in for it, to be read only: standard input is then empty, and standard output cannot be written, as
// before.
void open_standard_streams();

// Every layer takes as much memory as the one before and gives it back: the system is not to take it away between them,
// page by page.
void keep_freed_memory();

// Standard output as a surface and the rest of what commands may ask, according to the global options.
// Tables use characters beyond ASCII when the locale is UTF-8, on a pipe too; JSON, CSV and Markdown are always UTF-8.
Environment process_environment(const Globals& globals);

// When the reader of standard output has gone away: as other tools do (SIGPIPE, or EPIPE when that is ignored), or
// Error{write_failed}.
enum class Unread { ends_quietly, fails };

// All of `text` on standard output. Throws Error{write_failed}.
void write_stdout(std::string_view text, Unread unread = Unread::ends_quietly);

// Whether any of it has been taken, so that nothing else may be said there.
bool stdout_has_begun();

// Standard output piece by piece, in writes of a sensible size. What is left is written by finish().
class StandardOutput final : public view::Sink {
public:
    explicit StandardOutput(Unread unread) : unread_(unread) {}
    void write(std::string_view piece) override;
    void finish();

private:
    Unread unread_;
    std::string waiting_;
};

// One line on standard error, as far as that is possible.
void write_stderr(std::string_view text) noexcept;

}  // namespace attnx::cli
