#include <fmt/format.h>
#include <fmt/ranges.h>

#include "generate.h"
#include "help.h"

namespace attnx::cli {
namespace {

std::string names(std::span<const CommandRow> commands) {
    std::string text;
    for (const CommandRow& row : commands)
        if (!row.group.empty()) text += (text.empty() ? "" : " ") + std::string(row.name);
    return text;
}

// What may stand as a value: " -x -a '…'", " -r -F" for any file.
std::string values(const Option& option, std::span<const CommandRow> commands) {
    if (!option.choices.empty())
        return fmt::format(" -x -a {}", shell_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
    switch (option.hint) {
        case ValueHint::model: return " -k -x -a '(__fish_complete_suffix .gguf)'";
        case ValueHint::file: return " -r -F";
        case ValueHint::command: return fmt::format(" -x -a {}", shell_quoted(names(commands)));
        case ValueHint::none:
        case ValueHint::tensor:
        case ValueHint::key: break;
    }
    return " -x";
}

// "-s c -l ctx -o ctk": a letter, a word after two dashes, a word after one.
std::string spellings(const Option& option) {
    std::string text;
    for (const std::string& spelling : option.option_spellings()) {
        if (spelling.starts_with("--")) text += " -l " + spelling.substr(2);
        else text += (spelling.size() == 2 ? " -s " : " -o ") + spelling.substr(1);
    }
    return text;
}

std::string lines(const Options& options, const std::string& condition, std::span<const CommandRow> commands) {
    std::string text;
    for (const Option& option : options) {
        const std::string value = option.is_flag() ? "" : values(option, commands);
        if (option.positional() && value != " -x") text += fmt::format("complete -c attnx{}{}\n", condition, value);
        if (option.option_spellings().empty()) continue;
        text += fmt::format("complete -c attnx{}{}{} -d {}\n", condition, spellings(option), value,
                            shell_quoted(sentence(option.help)));
    }
    return text;
}

}  // namespace

std::string fish_completion(std::span<const CommandRow> commands) {
    std::string text = "# fish completion for attnx\ncomplete -c attnx -f\n";
    for (const CommandRow& row : commands)
        if (!row.group.empty())
            text += fmt::format("complete -c attnx -n __fish_use_subcommand -a {} -d {}\n", row.name,
                                shell_quoted(row.summary));
    text += lines(global_rows(), "", commands);
    for (const CommandRow& row : commands)
        if (!row.group.empty())
            text += lines(rows_of(row), fmt::format(" -n '__fish_seen_subcommand_from {}'", row.name), commands);
    return text;
}

}  // namespace attnx::cli
