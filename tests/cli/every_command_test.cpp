// What must hold for every command that reads a model, tried on the sample model: four formats, one truth.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "../../src/cli/app.h"
#include "attnx/cli/command.h"
#include "support/agreement.h"
#include "support/json_contract.h"
#include "support/paths.h"
#include "support/run_cli.h"
#include "support/sample.h"

namespace attnx::test {
namespace {

using Lines = std::vector<std::string>;

// Command lines that answer on the sample model, one for each command that takes a model first.
std::vector<Lines> command_lines() {
    std::vector<Lines> result;
    for (const cli::CommandRow& row : cli::commands()) {
        const cli::Options options = row.make()->declare();
        const bool reads_model =
            !options.empty() && options.front().positional() && options.front().hint == cli::ValueHint::model;
        if (!reads_model) continue;
        Lines line = {std::string(row.name), kSample};
        if (const auto needs = kNeeds.find(std::string(row.name)); needs != kNeeds.end())
            line.insert(line.end(), needs->second.begin(), needs->second.end());
        result.push_back(std::move(line));
    }
    return result;
}

Lines with(Lines line, const Lines& more) {
    line.insert(line.end(), more.begin(), more.end());
    return line;
}

class EveryCommand : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(kSample)) GTEST_SKIP() << "the build has not written sample.gguf";
    }
};

TEST_F(EveryCommand, answers_in_every_format) {
    for (const Lines& line : command_lines())
        for (const view::OutputRow& output : view::outputs()) {
            if (output.render == nullptr) continue;
            const Result result = run_cli(with(line, {"--format", std::string(output.name)}));
            EXPECT_EQ(result.err, "") << line.front() << " " << output.name;
            EXPECT_LE(result.status, 1) << line.front() << " " << output.name;
            EXPECT_FALSE(result.out.empty()) << line.front() << " " << output.name;
        }
}

TEST_F(EveryCommand, keeps_its_json_contract) {
    for (const Lines& line : command_lines()) {
        const Result result = run_cli(with(line, {"--json"}));
        EXPECT_EQ(contract_violations(result.out), Lines{}) << line.front();
        EXPECT_EQ(nlohmann::json::parse(result.out)["command"], line.front());
    }
}

TEST_F(EveryCommand, shows_people_the_numbers_scripts_get) {
    for (const Lines& line : command_lines()) {
        const std::vector<std::string_view> arguments(line.begin(), line.end());
        const cli::Invocation invocation = cli::parse(cli::commands(), arguments);
        cli::Environment environment;
        environment.read_stdin = [] { return std::string(); };
        environment.getenv = [](const char*) -> const char* { return nullptr; };
        const view::Document document = invocation.command->run(environment).document;
        EXPECT_EQ(disagreements(document), Lines{}) << line.front();
        EXPECT_GT(compared_values(document), 0u) << line.front() << ": nothing was compared";
    }
}

TEST_F(EveryCommand, takes_its_options_on_either_side) {
    for (const Lines& line : command_lines()) {
        Lines before = {"--format", "csv"};
        before.insert(before.end(), line.begin(), line.end());
        EXPECT_EQ(run_cli(before).out, run_cli(with(line, {"--format", "csv"})).out) << line.front();
    }
}

TEST_F(EveryCommand, fails_on_a_full_disk_and_stops_when_nobody_reads) {
    for (const Lines& line : command_lines()) {
        const Result full = run({.arguments = line, .output_to = "/dev/full"});
        EXPECT_EQ(full.status, 2) << line.front();
        EXPECT_NE(full.err.find("[write-failed]"), std::string::npos) << line.front();
        const Result left = run({.arguments = line, .hang_up_after = 1});
        EXPECT_EQ(left.err, "") << line.front();
        EXPECT_FALSE(left.timed_out) << line.front();
    }
}

TEST_F(EveryCommand, keeps_to_ascii_where_the_locale_does) {
    for (const Lines& line : command_lines()) {
        const std::string out = run({.arguments = line, .environment = {{"LC_ALL", "C"}}}).out;
        for (const char c : out) ASSERT_LT(static_cast<unsigned char>(c), 0x80) << line.front();
    }
}

TEST_F(EveryCommand, refuses_a_file_that_is_not_there_in_one_line) {
    for (Lines line : command_lines()) {
        line[1] = "/nowhere/at/all.gguf";
        const Result result = run_cli(with(line, {"--json"}));
        EXPECT_EQ(result.status, 2) << line.front();
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_EQ(contract_violations(result.out), Lines{}) << line.front();
        EXPECT_EQ(nlohmann::json::parse(result.out)["error"]["code"], "cannot-open") << line.front();
    }
}

}  // namespace
}  // namespace attnx::test
