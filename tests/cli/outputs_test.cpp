// What -o does to a folder: FILE and FILE.json are there whole or as they were before, and what is read is never
// replaced.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "attnx/cli/command.h"
#include "support/gguf_builder.h"
#include "support/paths.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;
using Folder = std::map<std::string, std::string>;  // name → content

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// What every command with an -o needs beside the model, and a name that it writes to with what such a file begins with;
// a new one is missed by come_from_every_command_that_is_known_to_write.
struct Writer {
    Lines needs;
    std::string ending, magic;
};
const std::map<std::string, Writer> kWriters = {{"attend", {{"-p", "the cat sat"}, ".npy", "\x93NUMPY"}},
                                                {"draw", {{"-p", "the cat sat"}, ".svg", "<?xml "}},
                                                {"graph", {{"-p", "the cat sat"}, ".dot", "digraph attention {"}},
                                                {"heads", {{}, ".svg", "<?xml "}},
                                                {"lens", {{"-p", "the cat sat"}, ".svg", "<?xml "}},
                                                {"states", {{"-p", "the cat sat"}, ".svg", "<?xml "}},
                                                {"values", {{"blk.0.attn_norm.weight"}, ".npy", "\x93NUMPY"}},
                                                {"view", {{"-p", "the cat sat"}, ".html", "<!DOCTYPE html>"}},
                                                {"weights", {{"--map", "copying"}, ".svg", "<?xml "}}};

class Outputs : public ::testing::Test {
protected:
    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(at(name), std::ios::binary) << text;
    }
    Folder folder() const {
        Folder found;
        for (const auto& entry : fs::directory_iterator(folder_.path()))
            found[entry.path().filename().string()] = entry.is_directory() ? "a folder" : text_of(entry.path());
        return found;
    }
    // In the folder, on `model`.
    Result write(const std::string& command, const std::string& model, Lines more) const {
        Lines arguments = {command, model};
        const Lines& needs = kWriters.at(command).needs;
        arguments.insert(arguments.end(), needs.begin(), needs.end());
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run({.arguments = arguments, .directory = folder_.path()});
    }
    // `line` ends with status 2, a message that holds `reason`, and the folder as it was.
    void expect_untouched(const Result& result, const Folder& before, const std::string& reason) const {
        EXPECT_EQ(result.status, 2) << result.err;
        EXPECT_EQ(result.out, "");
        EXPECT_NE(result.err.find(reason), std::string::npos) << result.err;
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        const Folder after = folder();
        EXPECT_EQ(after.size(), before.size());
        EXPECT_TRUE(after == before) << "something was changed";
    }

    TempDir folder_;
};

TEST_F(Outputs, come_from_every_command_that_is_known_to_write) {
    std::set<std::string> writing, known;
    for (const cli::CommandRow& row : cli::commands())
        for (const cli::Option& option : row.make()->declare())
            if (std::count(option.spellings.begin(), option.spellings.end(), "-o") > 0)
                writing.insert(std::string(row.name));
    for (const auto& [command, writer] : kWriters) known.insert(command);
    EXPECT_EQ(writing, known);
}

TEST_F(Outputs, never_replace_the_model_under_whatever_name) {
    for (const std::string ending : {".npy", ".html", ".dot", ".svg"}) {
        fs::copy_file(kSample, at("m" + ending));
        fs::create_symlink("m" + ending, at("symbolic" + ending));
        fs::create_hard_link(at("m" + ending), at("hard" + ending));
    }
    fs::create_directory_symlink(".", at("here"));
    const Folder before = folder();
    for (const auto& [command, writer] : kWriters)
        for (const std::string name : {"m", "./m", "symbolic", "hard", "here/m"}) {
            const std::string alias = name + writer.ending;
            SCOPED_TRACE(command + " " + alias);
            for (const std::string model : {"m", "symbolic"})
                expect_untouched(write(command, model + writer.ending, {"-o", alias}), before,
                                 "it cannot be the output too [usage]");
        }
}

TEST_F(Outputs, never_replace_the_model_by_their_descriptions) {
    fs::copy_file(kSample, at("o.csv.json"));
    fs::create_symlink("o.csv.json", at("p.npy.json"));
    const Folder before = folder();
    for (const char* output : {"o.csv", "p.npy"})
        expect_untouched(write("attend", "o.csv.json", {"-o", output}), before, "it cannot be the output too [usage]");
}

TEST_F(Outputs, never_replace_another_part_of_the_model) {
    const auto part = [&](std::uint16_t number) {
        GgufBuilder builder;
        builder.key("general.architecture", "llama")
            .key("split.no", number)
            .key("split.count", std::uint16_t{2})
            .key("split.tensors.count", std::int32_t{2});
        builder.tensor("t" + std::to_string(number), "f32", {4})
            .write(at("m-0000" + std::to_string(number + 1) + "-of-00002.gguf"));
    };
    part(0);
    part(1);
    fs::create_hard_link(at("m-00002-of-00002.gguf"), at("x.npy"));
    const Folder before = folder();
    const Result result =
        run({.arguments = {"values", "m-00001-of-00002.gguf", "t0", "-o", "x.npy"}, .directory = folder_.path()});
    expect_untouched(result, before, "m-00002-of-00002.gguf, which is read");
}

TEST_F(Outputs, never_replace_the_prompt) {
    put("p.csv", "the cat sat");
    const Folder before = folder();
    expect_untouched(
        run({.arguments = {"attend", kSample, "-f", "p.csv", "-o", "./p.csv"}, .directory = folder_.path()}), before,
        "which is read");
    expect_untouched(in_shell("attnx attend $1 - < p.csv -o p.csv", {kSample}, folder_.path()), before,
                     "standard input");
}

TEST_F(Outputs, never_replace_the_answer) {
    const Result result = in_shell("attnx attend $1 -p 'the cat' -o p.csv > p.csv", {kSample}, folder_.path());
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("standard output"), std::string::npos) << result.err;
}

TEST_F(Outputs, never_follow_or_replace_a_file_that_looks_unfinished) {
    fs::copy_file(kSample, at("m.gguf"));
    for (const char* name : {"a.npy.part", "a.npy.json.part"}) fs::create_symlink("m.gguf", at(name));
    fs::copy_file(kSample, at("b.npy.part"));
    const Folder before = folder();
    EXPECT_EQ(write("attend", "m.gguf", {"-o", "a.npy"}).status, 0);
    EXPECT_EQ(write("attend", "b.npy.part", {"-o", "b.npy"}).status, 0);
    for (const auto& [name, text] : before) EXPECT_TRUE(folder()[name] == text) << name;
    EXPECT_EQ(folder().size(), before.size() + 4);
}

TEST_F(Outputs, are_different_files) {
    const Folder before = folder();
    expect_untouched(write("attend", kSample, {"-o", "x.npy", "-o", "./x.npy"}), before, "another output [usage]");
    put("x.npy", "old");
    fs::create_hard_link(at("x.npy"), at("y.npy"));
    expect_untouched(write("attend", kSample, {"-o", "x.npy", "-o", "y.npy"}), folder(), "another output [usage]");
}

TEST_F(Outputs, replace_a_link_and_not_what_it_points_to_and_keep_permissions) {
    put("target", "kept");
    fs::create_symlink("target", at("link.npy"));
    for (const auto& [command, writer] : kWriters) {
        const std::string name = "private" + writer.ending;
        put(name, "old");
        fs::permissions(at(name), fs::perms::owner_read | fs::perms::owner_write);
        EXPECT_EQ(write(command, kSample, {"-o", name}).status, 0);
        EXPECT_EQ(fs::status(at(name)).permissions(), fs::perms::owner_read | fs::perms::owner_write) << command;
        EXPECT_TRUE(folder()[name].starts_with(writer.magic)) << command;
    }
    EXPECT_EQ(write("values", kSample, {"-o", "link.npy"}).status, 0);
    EXPECT_EQ(folder()["target"], "kept");
    EXPECT_FALSE(fs::is_symlink(at("link.npy")));
}

// Each is of one of the two, whole, and both processes say that all went well.
TEST_F(Outputs, of_two_processes_at_once_are_those_of_one) {
    const std::vector<std::string> prompts = {"the cat sat on the mat and the cat", "a mat"};
    Folder of[2];
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(run({.arguments = {"attend", kSample, "-p", prompts[i], "-o", "w.npy"}, .directory = folder_.path()})
                      .status,
                  0);
        of[i] = folder();
    }
    for (int round = 0; round < 4; ++round) {
        Result results[2];
        std::vector<std::thread> both;
        for (std::size_t i = 0; i < 2; ++i)
            both.emplace_back([&, i] {
                results[i] = run(
                    {.arguments = {"attend", kSample, "-p", prompts[i], "-o", "w.npy"}, .directory = folder_.path()});
            });
        for (std::thread& each : both) each.join();
        for (const Result& result : results) EXPECT_EQ(result.status, 0) << result.err;
        const Folder now = folder();
        ASSERT_EQ(now.size(), 2u);
        for (const auto& [name, text] : now) EXPECT_TRUE(text == of[0][name] || text == of[1][name]) << name;
    }
}

}  // namespace
}  // namespace attnx::test
