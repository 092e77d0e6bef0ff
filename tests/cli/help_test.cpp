// Help texts are goldens, so that a change of wording is seen in review: tests/golden/help.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "attnx/cli/command.h"
#include "support/golden_file.h"
#include "support/paths.h"
#include "support/run_cli.h"

namespace attnx::test {
namespace {

TEST(Help, is_as_reviewed) {
    expect_golden("help/attnx.txt", run_cli({"help"}).out);
    for (const cli::CommandRow& row : cli::commands()) {
        const Result result = run_cli({"help", std::string(row.name)});
        EXPECT_EQ(result.status, 0) << row.name;
        expect_golden("help/" + std::string(row.name) + ".txt", result.out);
        EXPECT_EQ(run_cli({std::string(row.name), "--help"}).out, result.out) << row.name;
    }
}

TEST(Help, has_a_golden_for_every_command_and_no_other) {
    std::set<std::string> expected = {"attnx.txt"};
    for (const cli::CommandRow& row : cli::commands()) expected.insert(std::string(row.name) + ".txt");
    std::set<std::string> present;
    for (const auto& entry : std::filesystem::directory_iterator(ATTNX_SOURCE_DIR "/tests/golden/help"))
        present.insert(entry.path().filename().string());
    EXPECT_EQ(present, expected);
}

TEST(Help, gives_every_command_an_example_and_every_option_a_sentence) {
    for (const cli::CommandRow& row : cli::commands()) {
        EXPECT_FALSE(row.summary.empty()) << row.name;
        EXPECT_FALSE(row.examples.empty()) << row.name;
        for (const cli::Example& example : row.examples)
            EXPECT_NE(example.line.find(row.name), std::string_view::npos) << row.name << ": " << example.line;
        std::set<std::string> seen;
        for (const cli::Option& option : row.make()->declare()) {
            ASSERT_FALSE(option.spellings.empty()) << row.name;
            for (const std::string& spelling : option.spellings) {
                EXPECT_TRUE(seen.insert(spelling).second) << row.name << ": " << spelling << " twice";
                EXPECT_FALSE(option.help.empty()) << row.name << ": " << spelling << " has no help";
            }
            EXPECT_TRUE(option.set) << row.name << ": " << option.spellings.front() << " has no setter";
        }
    }
}

}  // namespace
}  // namespace attnx::test
