// After a command that fails, no file is there that was not there before, wherever programs like to put some.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "attnx/cli/command.h"
#include "support/gguf_builder.h"
#include "support/paths.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/sanitized.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;
using Tree = std::map<std::string, std::string>;  // path → content

class Leftovers : public ::testing::Test {
protected:
    void SetUp() override {
        fs::create_directory(work_);
        fs::copy_file(kSample, work_ / "m.gguf");
        std::ofstream(work_ / "no.gguf") << "not a model";
        std::ofstream(work_ / "half.gguf", std::ios::binary) << half_of(kSample);
        std::ofstream(work_ / "keep.npy") << "keep";
        before_ = tree();
    }

    static std::string half_of(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        return bytes.substr(0, 1000);
    }
    Tree tree() const {
        Tree found;
        for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
            std::ifstream in(entry.path(), std::ios::binary);
            found[fs::relative(entry.path(), folder_.path())] =
                entry.is_directory() ? "" : std::string(std::istreambuf_iterator<char>(in), {});
        }
        return found;
    }
    // Home, cache and temporary files belong to the folder that is watched.
    Result run_here(Call call) const {
        for (const char* name : {"HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"})
            call.environment[name] = folder_.path().string();
        call.directory = work_;
        return run(call);
    }
    void expect_failure_without_trace(const Call& call, const std::string& what) const {
        const Result result = run_here(call);
        EXPECT_NE(result.status, 0) << what << " succeeded";
        expect_no_trace(what);
    }
    void expect_no_trace(const std::string& what) const {
        const Tree after = tree();
        for (const auto& [path, text] : after)
            EXPECT_TRUE(before_.contains(path) && before_.at(path) == text) << what << " left or changed " << path;
        EXPECT_EQ(after.size(), before_.size()) << what;
    }
    static Lines line(const std::string& command, const std::string& model, const Lines& more = {}) {
        Lines arguments = {command, model};
        if (const auto needs = kNeeds.find(command); needs != kNeeds.end())
            arguments.insert(arguments.end(), needs->second.begin(), needs->second.end());
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    static Lines commands_that_read() {
        Lines names;
        for (const cli::CommandRow& row : cli::commands()) {
            const cli::Options options = row.make()->declare();
            if (!options.empty() && options.front().hint == cli::ValueHint::model) names.emplace_back(row.name);
        }
        return names;
    }

    TempDir folder_;
    fs::path work_ = folder_ / "work";
    Tree before_;
};

TEST_F(Leftovers, of_a_command_that_fails_are_none) {
    const Lines commands = commands_that_read();
    ASSERT_GE(commands.size(), 9u);
    for (const std::string& command : commands) {
        for (const char* model : {"none.gguf", "no.gguf", "half.gguf", "."})
            expect_failure_without_trace({.arguments = line(command, model)}, command + " " + model);
        expect_failure_without_trace({.arguments = line(command, "m.gguf", {"--no-such-option"})},
                                     command + " with an unknown option");
        expect_failure_without_trace({.arguments = line(command, "m.gguf", {"--format", "xml"})},
                                     command + " in an unknown format");
        expect_failure_without_trace({.arguments = line(command, "m.gguf"), .output_to = "/dev/full"},
                                     command + " on a full disk");
    }
}

TEST_F(Leftovers, of_a_reader_who_leaves_are_none) {
    for (const std::string& command : commands_that_read()) {
        run_here({.arguments = line(command, "m.gguf", {"--json"}), .hang_up_after = 0});
        expect_no_trace(command + " that nobody reads");
    }
}

TEST_F(Leftovers, of_outputs_that_fail_are_none) {
    const std::vector<Lines> failing = {
        line("attend", "m.gguf", {"-o", "new.npy", "-o", "none/new.npy"}),
        line("attend", "m.gguf", {"-o", "new.npy", "-o", "new.txt"}),
        line("attend", "m.gguf", {"-o", "new.npy", "-o", "./new.npy"}),
        line("attend", "m.gguf", {"-o", "keep.npy", "--layers", "99"}),
        line("attend", "m.gguf", {"-o", "keep.npy", "--heads", "0.1,1.1,1.2"}),  // unequal numbers of heads
        line("attend", "m.gguf", {"-o", "keep.npy", "--head", "99"}),
        line("attend", "no.gguf", {"-o", "keep.npy"}),
        line("attend", "half.gguf", {"-o", "keep.npy"}),
        {"attend", "m.gguf", "--tokens", "1,2,99999", "-o", "new.csv"},
        {"attend", "m.gguf", "-f", "none.txt", "-o", "new.csv"},
        {"values", "m.gguf", "no.such.tensor", "-o", "keep.npy"},
        line("values", "m.gguf", {"-o", "keep.npy", "--rows", "9:9"}),
        line("values", "m.gguf", {"-o", "none/new.npy"}),
        line("values", "half.gguf", {"-o", "keep.npy"}),
        line("values", "m.gguf", {"-o", "m.npy/"}),
    };
    for (const Lines& arguments : failing) {
        std::string what;
        for (const std::string& argument : arguments) what += argument + " ";
        expect_failure_without_trace({.arguments = arguments}, what);
    }
}

// With room for so little, whatever is written fails somewhere in the middle.
TEST_F(Leftovers, of_a_disk_that_fills_up_are_none) {
    for (const int blocks : {0, 1, 2, 4})  // of 512 bytes
        for (const char* command : {"attend m.gguf -p 'the cat sat on the mat' -o keep.npy -o new.csv",
                                    "values m.gguf blk.0.attn_q.weight -o keep.npy"}) {
            const std::string what = "ulimit -f " + std::to_string(blocks) + "; attnx " + command;
            const Result result = in_shell(what, {}, work_);
            EXPECT_EQ(result.status, 2) << what;
            EXPECT_NE(result.err.find("File too large"), std::string::npos) << result.err;
            expect_no_trace(what);
        }
}

#if !ATTNX_ADDRESS_SANITIZED  // whose shadow needs all address space
TEST_F(Leftovers, of_too_little_memory_are_none) {
    GgufBuilder()
        .key("general.architecture", "llama")
        .raw_tensor(
            {.name = "wide", .dimensions = {1 << 26, 1}, .type = 0, .offset = 0, .bytes = 0, .dimension_count = {}})
        .write(folder_ / "wide.gguf");
    fs::resize_file(folder_ / "wide.gguf", fs::file_size(folder_ / "wide.gguf") + 64 + (std::uintmax_t{256} << 20));
    const Result result = run_here(
        {.arguments = {"values", "../wide.gguf", "wide", "-o", "keep.npy"}, .memory_limit = std::uint64_t{320} << 20});
    EXPECT_NE(result.err.find("[out-of-memory]"), std::string::npos) << result.err;
    fs::remove(folder_ / "wide.gguf");
    expect_no_trace("values without memory");
}
#endif

}  // namespace
}  // namespace attnx::test
