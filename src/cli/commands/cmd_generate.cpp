// Hidden: the build calls it to write the man page and the completions it installs.
#include <string>

#include "../generated/generate.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

struct Kind {
    std::string_view name;
    std::string (*write)(std::span<const CommandRow>);
};

constexpr Kind kKinds[] = {
    {"man", man_page}, {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};

class Generate : public Command {
public:
    Options declare() override {
        std::vector<std::string> names;
        for (const Kind& kind : kKinds) names.emplace_back(kind.name);
        return {{.spellings = {"KIND"},
                 .help = "What to write.",
                 .choices = std::move(names),
                 .required = true,
                 .set = [this](std::string_view value) { kind_ = value; }}};
    }

    Outcome run(const Environment&) override {
        Outcome outcome{.document = {.command = "generate"}};
        for (const Kind& kind : kKinds)
            if (kind.name == kind_) outcome.document.blocks.emplace_back(view::Raw{kind.write(commands())});
        return outcome;
    }

private:
    std::string kind_;
};

}  // namespace

CommandRow generate_command() {
    return {
        .name = "generate",
        .summary = "Print the man page or a shell's completions",
        .examples = {{"generate bash > ~/.local/share/bash-completion/completions/attnx", "complete attnx in bash"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Generate>()); }};
}

}  // namespace attnx::cli
