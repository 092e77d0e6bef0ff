#include <fmt/format.h>
#include <fmt/ranges.h>

#include "generate.h"

namespace attnx::cli {
namespace {

std::string spellings(const Options& options) {
    std::string text;
    for (const Option& option : options)
        for (const std::string& spelling : option.option_spellings()) text += spelling + " ";
    return text;
}

std::string command_names(std::span<const CommandRow> commands) {
    std::string text;
    for (const CommandRow& row : commands)
        if (!row.group.empty()) text += (text.empty() ? "" : " ") + std::string(row.name);
    return text;
}

// The completion of one value, as a shell command that fills COMPREPLY.
std::string reply(const Option& option, std::span<const CommandRow> commands) {
    if (!option.choices.empty())
        return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))", fmt::join(option.choices, " "));
    switch (option.hint) {
        case ValueHint::model: return "_attnx_files '!*.gguf'";
        case ValueHint::file: return "_attnx_files";
        case ValueHint::command:
            return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))", command_names(commands));
        case ValueHint::none:
        case ValueHint::tensor:
        case ValueHint::key: break;
    }
    return ":";
}

std::string value_cases(std::string_view command, const Options& options, std::span<const CommandRow> commands) {
    std::string text;
    for (const Option& option : options) {
        if (option.is_flag() || option.option_spellings().empty()) continue;
        std::vector<std::string> patterns;
        for (const std::string& spelling : option.option_spellings())
            patterns.push_back(fmt::format("{}:{}", command, spelling));
        text += fmt::format("        {}) {}; return ;;\n", fmt::join(patterns, "|"), reply(option, commands));
    }
    return text;
}

std::string positional_cases(const CommandRow& row, const Options& options, std::span<const CommandRow> commands) {
    for (const Option& option : options)
        if (option.positional()) return fmt::format("        {}) {} ;;\n", row.name, reply(option, commands));
    return {};
}

}  // namespace

std::string bash_completion(std::span<const CommandRow> commands) {
    const Options globals = global_rows();
    std::string values = value_cases("*", globals, commands);
    std::string options;
    std::string positionals;
    for (const CommandRow& row : commands) {
        if (row.group.empty()) continue;
        const Options own = rows_of(row);
        values += value_cases(row.name, own, commands);
        options += fmt::format("        {}) words+=' {}' ;;\n", row.name, spellings(own));
        positionals += positional_cases(row, own, commands);
    }
    const std::string names = command_names(commands);
    std::string pattern = names;
    for (std::size_t at = 0; (at = pattern.find(' ', at)) != std::string::npos;) pattern[at] = '|';
    return fmt::format(R"(# bash completion for attnx

_attnx_files() {{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f ${{1:+-X "$1"}} -- "$cur"; [[ -n $1 ]] && compgen -d -- "$cur")
}}

_attnx() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
            {}) command=${{COMP_WORDS[i]}}; break ;;
        esac
    done
    case $command:$prev in
{}    esac
    if [[ $cur == -* ]]; then
        local words='{}'
        case $command in
{}        esac
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        return
    fi
    case $command in
        '') COMPREPLY=($(compgen -W '{}' -- "$cur")) ;;
{}    esac
}}

complete -F _attnx attnx
)",
                       pattern, values, spellings(globals), options, names, positionals);
}

}  // namespace attnx::cli
