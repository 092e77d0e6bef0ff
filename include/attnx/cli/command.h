// cli: a command is a row here and a file cmd_<name>.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/cli/options.h"
#include "attnx/view/document.h"
#include "attnx/view/outputs.h"

namespace attnx::cli {

// 0 answered; 1 answered, and the answer is no; 2 not answered.
enum class ExitCode : std::uint8_t { answered = 0, answer_is_no = 1, not_answered = 2 };

// What a command may ask of the process, so that commands never touch globals.
struct Environment {
    view::Surface out = {};  // stdout as a surface
    bool stdin_is_terminal = true;
    bool quiet = false;    // no progress
    bool offline = false;  // what is on servers is taken from the cache alone
    bool stderr_is_terminal = false;
    const view::OutputRow* output = &view::default_output();
    std::function<std::string()> read_stdin = {};  // whole standard input
    std::function<std::string(const std::function<bool(std::string_view)>& enough)> read_stdin_until = {};
    std::function<const char*(const char*)> getenv = {};
};

struct Outcome {
    view::Document document = {};
    ExitCode exit = ExitCode::answered;
    std::vector<std::string> messages = {};  // for stderr, a line each, already safe to print
};

// Holds the options of one invocation as fields; declare() binds them, run() uses them.
class Command {
public:
    virtual ~Command() = default;
    virtual Options declare() = 0;
    virtual Outcome run(const Environment& environment) = 0;
};

struct Example {
    std::string_view line = {};  // without "attnx "
    std::string_view meaning = {};
};

struct CommandRow {
    std::string_view name = {};
    std::string_view group = {};        // heading in `attnx --help`: "Look", "Cost", "Check", "Attention"
    std::string_view summary = {};      // one line
    std::string_view description = {};  // paragraphs for help and man page
    std::vector<Example> examples = {};
    std::unique_ptr<Command> (*make)() = nullptr;
    bool long_work = false;  // its answer took so long that a reader who leaves before the end is told
};

std::span<const CommandRow> commands();  // src/cli/commands.cpp

}  // namespace attnx::cli
