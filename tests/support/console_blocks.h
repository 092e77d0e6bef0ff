// ```console blocks of a Markdown file: what a reader is told to type, and what should come out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attnx::test {

struct ConsoleCommand {
    std::size_t line = 0;               // where "$ …" stands, counted from 0
    std::string command;                // without "$ "; lines ended by a backslash are joined
    std::size_t output_line = 0;        // first line of the expected output
    std::vector<std::string> expected;  // a line that is only "…" or "..." stands for any lines
};

std::vector<ConsoleCommand> console_commands(const std::vector<std::string>& lines);

// ```sh blocks, each typed as a whole, and what the ```text block right behind one says comes out. One without that has
// an output_line of 0.
std::vector<ConsoleCommand> shell_blocks(const std::vector<std::string>& lines);

bool is_wildcard(std::string_view line);

// Whether the output is what was announced; spaces at line ends do not count.
bool agrees(const std::vector<std::string>& expected, const std::vector<std::string>& actual);

std::vector<std::string> lines_of(std::string_view text);

}  // namespace attnx::test
