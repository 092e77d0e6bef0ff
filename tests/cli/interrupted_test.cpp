// What is left in a folder when attnx is ended while it writes there.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

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

class Interrupted : public ::testing::Test {
protected:
    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    std::map<std::string, std::string> folder() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::directory_iterator(folder_.path())) {
            std::ifstream in(entry.path(), std::ios::binary);
            found[entry.path().filename().string()] = {std::istreambuf_iterator<char>(in), {}};
        }
        return found;
    }
    bool writes() const {
        for (const auto& entry : fs::directory_iterator(folder_.path()))
            if (entry.path().filename().string().starts_with(".attnx-")) return true;
        return false;
    }
    // Runs in the folder and, once an unfinished file is there, does something to the process.
    Result interrupt(const Lines& arguments, const std::function<void(pid_t)>& act) const {
        return run({.arguments = arguments, .directory = folder_.path(), .meanwhile = [&](pid_t process) {
                        for (int i = 0; i < 100'000 && !writes(); ++i) ::usleep(200);
                        act(process);
                    }});
    }
    Result send(int signal, const Lines& arguments) const {
        return interrupt(arguments, [&](pid_t process) { ::kill(process, signal); });
    }

    TempDir folder_;
    // Generates for many seconds before it looks; its output is open all the while.
    const Lines kLong = {"attend", kSample, "-p", "the cat sat", "-n", "2000", "-o", "keep.npy"};
};

void keep(const std::string& path) { std::ofstream(path) << "keep"; }

TEST_F(Interrupted, says_so_and_leaves_the_folder_as_it_was) {
    keep(at("keep.npy"));
    keep(at("keep.npy.json"));
    const auto before = folder();
    for (const int signal :
         {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGRTMIN, SIGRTMAX}) {
        const Result result = send(signal, kLong);
        EXPECT_EQ(result.status, 2) << signal;
        EXPECT_EQ(result.err, "attnx: interrupted; unfinished files were removed\n") << signal;
        EXPECT_TRUE(folder() == before) << signal;
    }
    EXPECT_EQ(send(SIGXCPU, kLong).err,
              "attnx: the processor time allowed is used up; unfinished files were removed\n");
    EXPECT_TRUE(folder() == before);
}

// They end it as they always do, for a core dump or a shell that asks why; the folder is clean none the less.
TEST_F(Interrupted, dies_by_a_fault_and_leaves_the_folder_as_it_was) {
    keep(at("keep.npy"));
    const auto before = folder();
    std::vector<int> signals = {SIGQUIT, SIGPIPE, SIGTRAP, SIGSYS};
#if !ATTNX_ADDRESS_SANITIZED  // which reports these itself
    signals.insert(signals.end(), {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGBUS});
#endif
    for (const int signal : signals) {
        EXPECT_EQ(send(signal, kLong).signal, signal);
        EXPECT_TRUE(folder() == before) << signal;
    }
}

TEST_F(Interrupted, ignores_what_it_was_told_to_ignore) {
    const Result result = in_shell(
        "trap '' USR1; attnx attend $1 -p 'the cat sat' -n 200 -o a.npy & p=$!; while kill -0 $p && ! ls -A | grep -q attnx; do :; done; kill -USR1 $p; wait $p",
        {kSample}, folder_.path());
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(folder().size(), 2u);
}

TEST_F(Interrupted, keeps_the_numbers_that_were_there_before) {
    GgufBuilder()
        .key("general.architecture", "llama")
        .raw_tensor({.name = "big",
                     .dimensions = {1 << 14, 1 << 16},
                     .type = 0,
                     .offset = 0,
                     .bytes = 0,
                     .dimension_count = {}})
        .write(at("big.gguf"));
    fs::resize_file(at("big.gguf"), fs::file_size(at("big.gguf")) + 64 +
                                        (std::uintmax_t{4} << 30));  // of zeros, none of them on the disk
    keep(at("keep.npy"));
    const Result result = send(SIGINT, {"values", "big.gguf", "big", "-o", "keep.npy"});
    EXPECT_EQ(result.status, 2) << result.err;
    fs::remove(at("big.gguf"));
    EXPECT_EQ(folder(), (std::map<std::string, std::string>{{"keep.npy", "keep"}}));
}

TEST_F(Interrupted, leaves_nothing_when_its_model_shrinks) {
    fs::copy_file(kSample, at("m.gguf"));
    keep(at("keep.npy"));
    Lines arguments = kLong;
    arguments[1] = "m.gguf";
    const Result result = interrupt(arguments, [&](pid_t) { fs::resize_file(at("m.gguf"), 5000); });
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_NE(result.err.find("[file-changed]"), std::string::npos) << result.err;
    fs::remove(at("m.gguf"));
    EXPECT_EQ(folder(), (std::map<std::string, std::string>{{"keep.npy", "keep"}}));
}

}  // namespace
}  // namespace attnx::test
