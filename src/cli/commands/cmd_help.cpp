#include <optional>
#include <string>

#include "../app.h"
#include "../generated/help.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

class Help : public Command {
public:
    Options declare() override {
        return {{.spellings = {"COMMAND"},
                 .help = "The command to explain.",
                 .hint = ValueHint::command,
                 .set = [this](std::string_view value) { name_ = value; }}};
    }

    Outcome run(const Environment& environment) override {
        const CommandRow* row = name_ ? &find_command(commands(), *name_) : nullptr;
        return {help(commands(), row, environment)};
    }

private:
    std::optional<std::string> name_;
};

}  // namespace

CommandRow help_command() {
    return {.name = "help",
            .group = "Help",
            .summary = "Explain a command: its options and examples",
            .description = "Without a command, lists the commands.",
            .examples = {{"help help", "what you are reading"}},
            .make = [] { return std::unique_ptr<Command>(std::make_unique<Help>()); }};
}

}  // namespace attnx::cli
