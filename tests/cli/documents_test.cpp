// README and docs are executed: what a ```console block shows is what the built attnx prints, in a folder with the
// sample model. Commands that are not for attnx belong into ```sh blocks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/console_blocks.h"
#include "support/golden_file.h"
#include "support/paths.h"
#include "support/run_cli.h"
#include "support/source_tree.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

namespace fs = std::filesystem;

constexpr int kNotRun = 126;  // a shell's status from here on: not started, or ended by a signal

std::vector<fs::path> documents() {
    std::vector<fs::path> paths;
    const fs::path root = ATTNX_SOURCE_DIR;
    for (const char* name : {"README.md", "CONTRIBUTING.md"})
        if (fs::exists(root / name)) paths.push_back(root / name);
    if (fs::exists(root / "docs"))
        for (const auto& entry : fs::directory_iterator(root / "docs"))
            if (entry.path().extension() == ".md") paths.push_back(entry.path());
    return paths;
}

bool installed(const std::string& program) {
    return run({.arguments = {"-c", "command -v " + program + " >/dev/null"}, .program = "/bin/sh"}).status == 0;
}

// A folder as a reader has it after building: the sample model in it, attnx on the path.
class Reader {
public:
    Reader() {
        const fs::path sample = fs::path(ATTNX_BINARY_DIR) / "sample.gguf";
        if (fs::exists(sample)) fs::create_symlink(sample, dir_ / "sample.gguf");
    }

    Result type(const std::string& command) const {
        const std::string path = std::string(ATTNX_BINARY_DIR) + ":" + std::getenv("PATH");
        return run({.arguments = {"-c", "{ " + command + "\n} 2>&1"},
                    .environment = {{"PATH", path}},
                    .directory = dir_.path(),
                    .program = "/bin/sh"});
    }

private:
    TempDir dir_;
};

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

struct Tried {
    std::size_t commands = 0;
    std::vector<std::string> left_out;  // for want of a program
};

void check_document(const fs::path& path, Tried& tried) {
    std::vector<std::string> lines = lines_of(read_text(path));
    std::vector<ConsoleCommand> commands = console_commands(lines);
    const Reader reader;
    // From the end, so that rewriting one block leaves the places of those before it.
    std::reverse(commands.begin(), commands.end());
    for (const ConsoleCommand& command : commands) {
        const std::string place = path.filename().string() + ":" + std::to_string(command.line + 1);
        if (command.command.find("jq ") != std::string::npos && !installed("jq")) {
            tried.left_out.push_back(place);
            continue;
        }
        ++tried.commands;
        const Result result = reader.type(command.command);
        EXPECT_LT(result.status, kNotRun) << place << ": $ " << command.command;
        if (result.status >= kNotRun) continue;  // what a crash leaves is never written into a document
        const auto actual = lines_of(result.out);
        const bool wildcards = std::any_of(command.expected.begin(), command.expected.end(), is_wildcard);
        if (agrees(command.expected, actual)) continue;
        if (!updating_golden() || wildcards) {
            ADD_FAILURE() << place << ": $ " << command.command << "\nshows\n"
                          << joined(command.expected) << "but prints\n"
                          << joined(actual);
            continue;
        }
        const auto at = lines.begin() + static_cast<std::ptrdiff_t>(command.output_line);
        const auto rest = lines.erase(at, at + static_cast<std::ptrdiff_t>(command.expected.size()));
        lines.insert(rest, actual.begin(), actual.end());
        std::ofstream(path, std::ios::binary) << joined(lines);
    }
}

TEST(Documents, show_what_attnx_prints) {
    const auto paths = documents();
    Tried tried;
    for (const fs::path& path : paths) check_document(path, tried);
    EXPECT_GT(tried.commands, 10u) << "the documents are not where they are looked for";
    if (!tried.left_out.empty())
        GTEST_SKIP() << "jq is not installed: not tried are the commands at " << testing::PrintToString(tried.left_out);
}

TEST(ConsoleBlocks, are_commands_with_their_output) {
    const auto commands =
        console_commands(lines_of("text\n```console\n$ a \\\n  b\nx\n…\n$ c\n```\n```sh\n$ no\n```\n"));
    ASSERT_EQ(commands.size(), 2u);
    EXPECT_EQ(commands[0].command, "a   b");
    EXPECT_EQ(commands[0].expected, (std::vector<std::string>{"x", "…"}));
    EXPECT_EQ(commands[1].command, "c");
    EXPECT_TRUE(commands[1].expected.empty());
}

TEST(ConsoleBlocks, agree_line_by_line_but_for_wildcards) {
    using Lines = std::vector<std::string>;
    EXPECT_TRUE(agrees(Lines{"a", "…", "z"}, Lines{"a", "b", "c", "z  "}));
    EXPECT_TRUE(agrees(Lines{"a", "...", "z"}, Lines{"a", "z"}));
    EXPECT_FALSE(agrees(Lines{"a", "…", "z"}, Lines{"a", "b"}));
    EXPECT_FALSE(agrees(Lines{"a"}, Lines{"a", "b"}));
    EXPECT_FALSE(agrees(Lines{"a", "b"}, Lines{"a"}));
    EXPECT_FALSE(agrees(Lines{"shortened…"}, Lines{"shortened and more"}));
}

}  // namespace
}  // namespace attnx::test
