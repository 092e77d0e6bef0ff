// README and docs are executed: what a ```console block shows is what the built attnx prints, in a folder with the
// sample model. Commands that are not for attnx belong into ```sh blocks, which are executed in recipes.md alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "support/console_blocks.h"
#include "support/golden_file.h"
#include "support/paths.h"
#include "support/run_cli.h"
#include "support/source_tree.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

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

// What a command may want beside attnx, by a word of it, and how a shell finds out.
struct Wanted {
    const char *word, *asked;
};
constexpr Wanted kWanted[] = {
    {"jq ", "command -v jq"},
    {"parallel ", "command -v parallel"},
    {"dot ", "command -v dot"},
    {"import numpy", "python3 -c 'import numpy'"},
    {"import pandas", "python3 -c 'import pandas'"},
    {"import matplotlib", "python3 -c 'import matplotlib'"},
};

// The first thing that is not here.
std::optional<std::string> missing_for(const std::string& command) {
    for (const Wanted& wanted : kWanted)
        if (command.find(wanted.word) != std::string::npos &&
            in_shell(std::string(wanted.asked) + " >/dev/null 2>&1").status != 0)
            return wanted.word;
    return std::nullopt;
}

// A folder as a reader has it after building: the sample model in it, attnx on the path. For recipes also a model, its
// coarser copy, and one that was tuned.
class Reader {
public:
    explicit Reader(bool recipes) {
        const fs::path sample = fs::path(ATTNX_BINARY_DIR) / "sample.gguf";
        if (fs::exists(sample)) fs::create_symlink(sample, dir_ / "sample.gguf");
        if (!recipes) return;
        write("base.gguf", {});
        write("q4.gguf", [](std::string_view name, std::uint64_t, float value) {
            return name.ends_with("_norm.weight") ? value : std::round(value * 64) / 64;
        });
        write("tuned.gguf", [](std::string_view name, std::uint64_t, float value) {
            return name == "blk.1.attn_k.weight" ? 2 * value : value;
        });
    }

    Result type(const std::string& command) const { return in_shell("{ " + command + "\n} 2>&1", {}, dir_.path()); }

private:
    void write(const char* name, const decltype(TinyModel::change)& change) const {
        const std::vector<std::byte> bytes =
            TinyModel{.width = 64, .vocabulary = 300, .context = 512, .change = change}.bytes();
        std::ofstream(dir_ / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }

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
    const bool recipes = path.filename() == "recipes.md";
    std::vector<ConsoleCommand> commands = recipes ? shell_blocks(lines) : console_commands(lines);
    const Reader reader(recipes);
    // From the end, so that rewriting one block leaves the places of those before it.
    std::reverse(commands.begin(), commands.end());
    for (const ConsoleCommand& command : commands) {
        const std::string place = path.filename().string() + ":" + std::to_string(command.line + 1);
        if (const auto missing = missing_for(command.command)) {
            tried.left_out.push_back(place + " (" + *missing + ")");
            continue;
        }
        EXPECT_NE(command.output_line, 0U) << place << ": shows no output";
        ++tried.commands;
        const Result result = reader.type(command.command);
        const int failed = recipes ? 1 : kNotRun;
        EXPECT_LT(result.status, failed) << place << ": $ " << command.command << "\n" << result.out;
        if (result.status >= failed) continue;  // what a crash leaves is never written into a document
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
        GTEST_SKIP() << "not tried, for what is not installed: " << testing::PrintToString(tried.left_out);
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

TEST(ConsoleBlocks, of_scripts_are_whole_with_the_text_behind_them) {
    const auto scripts =
        shell_blocks(lines_of("```sh\na |\n  b\n```\n\n```text\nx\n```\n```sh\nc\n```\nwords\n```text\ny\n```\n"));
    ASSERT_EQ(scripts.size(), 2u);
    EXPECT_EQ(scripts[0].command, "a |\n  b\n");
    EXPECT_EQ(scripts[0].expected, (std::vector<std::string>{"x"}));
    EXPECT_EQ(scripts[0].output_line, 6u);
    EXPECT_EQ(scripts[1].command, "c\n");
    EXPECT_EQ(scripts[1].output_line, 0u);
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
