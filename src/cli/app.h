// From arguments to an Outcome. Private to cli.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "arguments/parse.h"
#include "attnx/cli/command.h"
#include "attnx/view/outputs.h"
#include "attnx/view/terminal.h"

namespace attnx::cli {

// What every command understands.
struct Globals {
    const view::OutputRow* output = &view::default_output();
    view::ColourWish colour = view::ColourWish::automatic;
    bool quiet = false;
    bool offline = false;
    bool help = false;
    bool version = false;
};

// The rows of the global options, bound to `globals`.
Options global_options(Globals& globals);

struct Invocation {
    Globals globals;
    const CommandRow* row = nullptr;   // nothing: attnx itself was asked for help or its version
    std::unique_ptr<Command> command;  // its options are set; nothing when help was asked for
};

// Throws Error{usage}.
Invocation parse(std::span<const CommandRow> commands, Arguments arguments);

// The output that was asked for last, also in a command line that cannot be understood.
const view::OutputRow& output_asked_for(Arguments arguments);

// Throws Error{usage} with a suggestion when there is no such command.
const CommandRow& find_command(std::span<const CommandRow> commands, std::string_view name);

}  // namespace attnx::cli
