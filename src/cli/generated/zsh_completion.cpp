#include <fmt/format.h>
#include <fmt/ranges.h>

#include "generate.h"
#include "help.h"

namespace attnx::cli {
namespace {

// Text inside an _arguments specification: brackets and colons have a meaning there.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (std::string_view("[]:\\").find(c) != std::string_view::npos) result += '\\';
        result += c;
    }
    return result;
}

std::string action(const Option& option) {
    if (!option.choices.empty()) return fmt::format("({})", fmt::join(option.choices, " "));
    switch (option.hint) {
        case ValueHint::model: return "_files -g \"*.gguf\"";
        case ValueHint::file: return "_files";
        case ValueHint::command: return "_attnx_commands";
        case ValueHint::none:
        case ValueHint::tensor:
        case ValueHint::key: break;
    }
    return " ";
}

std::string value_part(const Option& option) {
    if (option.is_flag()) return {};
    return fmt::format(":{}:{}", escaped(option.positional() ? option.spellings.front() : option.value_name),
                       action(option));
}

// Not offered when it was given already: in another spelling, or as a word, if it is the `place`th positional.
std::string specification(const Option& option, std::size_t place, const std::string& spelling) {
    std::string others = fmt::format("{}", fmt::join(option.option_spellings(), " "));
    if (option.positional()) others += fmt::format(" {}", place);
    const std::string exclusive = option.repeatable ? "*" : "(" + others + ")";
    const bool attachable = spelling.starts_with("--") && !option.is_flag();
    const std::string help = "[" + escaped(sentence(option.help)) + "]";
    return shell_quoted(exclusive + spelling + (attachable ? "=" : "") + help + value_part(option));
}

std::string positional_specification(const Option& option) {
    if (option.repeatable) return shell_quoted("*" + value_part(option));
    return shell_quoted((option.required ? "" : ":") + value_part(option));
}

std::string specifications(const Options& options, std::string_view indent) {
    std::string text;
    std::size_t place = 0;
    for (const Option& option : options) {
        if (option.positional()) {
            ++place;
            text += fmt::format("{}{}\n", indent, positional_specification(option));
        }
        for (const std::string& spelling : option.option_spellings())
            text += fmt::format("{}{}\n", indent, specification(option, place, spelling));
    }
    return text;
}

}  // namespace

std::string zsh_completion(std::span<const CommandRow> commands) {
    std::string names;
    std::string cases;
    for (const CommandRow& row : commands) {
        if (row.group.empty()) continue;
        names += fmt::format("        {}\n", shell_quoted(fmt::format("{}:{}", row.name, escaped(row.summary))));
        cases += fmt::format("                {})\n                    own=(\n{}                    ) ;;\n", row.name,
                             specifications(rows_of(row), "                        "));
    }
    return fmt::format(R"(#compdef attnx

_attnx_commands() {{
    local -a commands
    commands=(
{}    )
    _describe -t commands command commands
}}

_attnx() {{
    local curcontext=$curcontext state line
    local -a globals own
    globals=(
{}    )
    _arguments -C $globals ':command:->command' '*::argument:->argument'
    case $state in
        command) _attnx_commands ;;
        argument)
            case $words[1] in
{}            esac
            _arguments $globals $own ;;
    esac
}}

_attnx "$@"
)",
                       names, specifications(global_rows(), "        "), cases);
}

}  // namespace attnx::cli
