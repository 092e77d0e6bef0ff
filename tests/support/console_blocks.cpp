#include "support/console_blocks.h"

#include <algorithm>
#include <span>

namespace attnx::test {
namespace {

std::string_view trimmed_end(std::string_view text) { return text.substr(0, text.find_last_not_of(" \t\r") + 1); }

bool agrees(std::span<const std::string> expected, std::span<const std::string> actual) {
    if (expected.empty()) return actual.empty();
    if (is_wildcard(expected.front())) {
        for (std::size_t skipped = 0; skipped <= actual.size(); ++skipped)
            if (agrees(expected.subspan(1), actual.subspan(skipped))) return true;
        return false;
    }
    return !actual.empty() && trimmed_end(expected.front()) == trimmed_end(actual.front()) &&
           agrees(expected.subspan(1), actual.subspan(1));
}

}  // namespace

bool is_wildcard(std::string_view line) {
    const std::string_view text = trimmed_end(line.substr(std::min(line.find_first_not_of(' '), line.size())));
    return text == "…" || text == "...";
}

bool agrees(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
    return agrees(std::span(expected), std::span(actual));
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::vector<ConsoleCommand> console_commands(const std::vector<std::string>& lines) {
    std::vector<ConsoleCommand> commands;
    bool inside = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].starts_with("```")) {
            inside = lines[i] == "```console";
            if (inside) commands.emplace_back();  // closed by the first "$ "
            continue;
        }
        if (!inside) continue;
        if (lines[i].starts_with("$ ")) {
            ConsoleCommand command{i, lines[i].substr(2), i + 1, {}};
            while (command.command.ends_with('\\') && command.output_line < lines.size()) {
                command.command.pop_back();
                command.command += lines[command.output_line++];
            }
            i = command.output_line - 1;
            commands.push_back(std::move(command));
        } else {
            commands.back().expected.push_back(lines[i]);
        }
    }
    std::erase_if(commands, [](const ConsoleCommand& command) { return command.command.empty(); });
    return commands;
}

std::vector<ConsoleCommand> shell_blocks(const std::vector<std::string>& lines) {
    std::vector<ConsoleCommand> commands;
    const auto take_block = [&](std::size_t& at, const auto& each) {
        for (++at; at < lines.size() && lines[at] != "```"; ++at) each(lines[at]);
    };
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i] != "```sh") continue;
        ConsoleCommand command{i, {}, 0, {}};
        take_block(i, [&](const std::string& line) { command.command += line + "\n"; });
        std::size_t next = i + 1;
        while (next < lines.size() && lines[next].empty()) ++next;
        if (next < lines.size() && lines[next] == "```text") {
            command.output_line = next + 1;
            take_block(next, [&](const std::string& line) { command.expected.push_back(line); });
            i = next;
        }
        commands.push_back(std::move(command));
    }
    return commands;
}

}  // namespace attnx::test
