// Man page and completions come from the rows, so each row must be found in each of them.
#include "../../src/cli/generated/generate.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "attnx/view/outputs.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"

namespace attnx::cli {
namespace {

std::string doubled(std::string text, char c) {
    for (std::size_t at = 0; (at = text.find(c, at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
    return text;
}

void expect_every_row(const std::string& text, const std::function<std::string(const std::string&)>& as_written) {
    for (const CommandRow& row : commands()) {
        if (row.group.empty()) continue;
        const std::string name(row.name);
        EXPECT_TRUE(text.find(name) != std::string::npos || text.find(doubled(name, '-')) != std::string::npos) << name;
        for (const Option& option : rows_of(row)) {
            for (const std::string& spelling : option.option_spellings())
                EXPECT_NE(text.find(as_written(spelling)), std::string::npos) << row.name << " " << spelling;
        }
    }
}

TEST(ManPage, mentions_every_command_and_option) {
    expect_every_row(man_page(commands()), [](const std::string& s) { return doubled(s, '-'); });
}

TEST(ManPage, is_clean_roff) {
    const std::filesystem::path groff = "/usr/bin/groff";
    if (!std::filesystem::exists(groff)) GTEST_SKIP() << "groff is not installed: the man page was not checked";
    const auto result =
        test::run({.arguments = {"-ww", "-man", "-Tutf8"}, .input = man_page(commands()), .program = groff});
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out.find("ATTNX"), std::string::npos);
}

TEST(Completions, know_every_command_and_option) {
    const auto as_is = [](const std::string& s) { return s; };
    expect_every_row(bash_completion(commands()), as_is);
    expect_every_row(zsh_completion(commands()), as_is);
    expect_every_row(fish_completion(commands()), [](const std::string& s) {
        return (s.starts_with("--") ? "-l " : s.size() == 2 ? "-s " : "-o ") + s.substr(s.find_first_not_of('-'));
    });
}

// What bash offers after "attnx " and these words, the last of which is being typed.
std::string offered(const std::vector<std::string>& words, const test::TempDir& dir) {
    std::ofstream(dir / "attnx.bash") << bash_completion(commands());
    std::string script = "source attnx.bash; COMP_WORDS=(attnx";
    for (const std::string& word : words) script += " " + shell_quoted(word);
    script += ") COMP_CWORD=" + std::to_string(words.size()) + "; _attnx; printf '%s ' \"${COMPREPLY[@]}\"";
    const auto result =
        test::run({.arguments = {"--norc", "-c", script}, .directory = dir.path(), .program = "/bin/bash"});
    EXPECT_EQ(result.err, "");
    return result.out;
}

TEST(Completions, work_in_bash) {
    if (!std::filesystem::exists("/bin/bash")) GTEST_SKIP() << "bash is not installed: its completion was not tried";
    const test::TempDir dir;
    std::ofstream(dir / "a model.gguf") << "x";
    std::ofstream(dir / "notes.txt") << "x";
    std::filesystem::create_directory(dir / "folder");
    EXPECT_EQ(offered({"hel"}, dir), "help ");
    std::string formats;
    for (const view::OutputRow& row : view::outputs())
        if (row.render != nullptr) formats += std::string(row.name) + " ";
    EXPECT_EQ(offered({"--format", ""}, dir), formats);
    EXPECT_EQ(offered({"help", "--co"}, dir), "--color ");
    for (const CommandRow& row : commands()) {
        if (row.group.empty()) continue;
        const Options options = rows_of(row);
        const bool model_first =
            !options.empty() && options.front().positional() && options.front().hint == ValueHint::model;
        if (!model_first) continue;
        EXPECT_EQ(offered({std::string(row.name), ""}, dir), "a model.gguf folder ") << row.name;
        EXPECT_EQ(offered({std::string(row.name), "-m", ""}, dir), "a model.gguf folder ") << row.name;
        EXPECT_EQ(offered({std::string(row.name), "--model", "a"}, dir), "a model.gguf ") << row.name;
        EXPECT_NE((" " + offered({std::string(row.name), "-"}, dir)).find(" -m --model "), std::string::npos)
            << row.name;
    }
    EXPECT_EQ(offered({"kv-cost", "-fa", "o"}, dir), "on off ");
    EXPECT_EQ(offered({"kv-cost", "--flash-attn", "a"}, dir), "auto ");
}

// How zsh and fish are told of -m: as an option whose value is a model, and in zsh not beside a word that is one.
TEST(Completions, offer_m_in_zsh_and_fish) {
    const std::string zsh = zsh_completion(commands());
    EXPECT_NE(zsh.find("'(-m --model 1)-m["), std::string::npos);
    EXPECT_NE(zsh.find("]:MODEL:_files -g \"*.gguf\"'"), std::string::npos);
    const std::string fish = fish_completion(commands());
    EXPECT_NE(fish.find(" -s m -l model -k -x -a '(__fish_complete_suffix .gguf)' -d "), std::string::npos);
}

TEST(Completions, quote_for_the_shell) { EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'"); }

}  // namespace
}  // namespace attnx::cli
