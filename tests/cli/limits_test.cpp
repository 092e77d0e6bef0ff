// Limits of the system end in a message and status 2, never in a signal.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/paths.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/sanitized.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

class Limits : public ::testing::Test {
protected:
    Result shell(const std::string& script) const { return in_shell(script, {kSample}, folder_.path()); }
    void expect_failure(const std::string& script, const std::string& message) const {
        const Result result = shell(script);
        EXPECT_EQ(result.err, message + "\n") << script;
        EXPECT_EQ(result.status, 2) << script;
    }

    TempDir folder_;
};

TEST_F(Limits, of_a_file_s_size_are_a_full_disk) {
    expect_failure("ulimit -f 4; attnx attend $1 -p 'the cat sat on the mat' -o a.npy",
                   "attnx: a.npy: cannot write: File too large [write-failed]");
    expect_failure("ulimit -f 4; attnx attend $1 -p 'the cat sat on the mat' -o a.csv",
                   "attnx: a.csv: cannot write: File too large [write-failed]");
    expect_failure("ulimit -f 4; attnx values $1 blk.0.attn_q.weight -o a.npy",
                   "attnx: a.npy: cannot write: File too large [write-failed]");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
    expect_failure("ulimit -f 1; attnx attend $1 -p 'the cat sat on the mat' --json > out",
                   "attnx: standard output: File too large [write-failed]");
}

// The address space holds some threads of the many, or none.
#if !ATTNX_ADDRESS_SANITIZED  // whose shadow needs all address space
TEST_F(Limits, of_threads_are_lived_with) {
    const std::string expected = shell("attnx attend $1 -p 'the cat sat' --json").out;
    EXPECT_FALSE(expected.empty());
    for (const char* kib : {"400000", "100000"}) {
        const Result result =
            shell(std::string("ulimit -v ") + kib + "; attnx attend $1 -p 'the cat sat' -t 1024 --json");
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(result.out, expected);
    }
}
#endif

TEST_F(Limits, of_a_text_are_the_same_wherever_it_comes_from) {
    const std::string end = "the text does not end within 256 MiB [read-failed]";
    expect_failure("attnx tokenize $1 -f /dev/zero", "attnx: /dev/zero: " + end);
    expect_failure("attnx tokenize $1 - < /dev/zero", "attnx: standard input: " + end);
    expect_failure("mkfifo pipe; cat /dev/zero > pipe & attnx tokenize $1 -f pipe", "attnx: pipe: " + end);
    const Result piped = shell("printf 'the cat' > text; mkfifo p; cat text > p & attnx tokenize $1 -f p --json");
    EXPECT_EQ(piped.status, 0) << piped.err;
    EXPECT_EQ(piped.out, shell("attnx tokenize $1 -f text --json").out);
}

// A closed standard stream must not lend its number to the model, which would then be read as the prompt or be written
// to.
TEST_F(Limits, a_closed_standard_input_is_an_empty_one) {
    for (const char* command : {"attend $1", "attend $1 -", "tokenize $1", "tokenize $1 -f -"}) {
        expect_failure("attnx " + std::string(command) + " <&-", "attnx: the text is empty [usage]");
        expect_failure("attnx " + std::string(command) + " </dev/null", "attnx: the text is empty [usage]");
    }
    const Result result = shell("ATTNX_MODEL=$1 attnx kv-cost --ctx 1k --json <&-");
    EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(Limits, a_closed_standard_output_cannot_be_written) {
    expect_failure("attnx tokenize $1 -p 'the cat' >&-", "attnx: standard output: Bad file descriptor [write-failed]");
    expect_failure("attnx attend $1 -p 'the cat' >&- <&-",
                   "attnx: standard output: Bad file descriptor [write-failed]");
    expect_failure("attnx --version >&-", "attnx: standard output: Bad file descriptor [write-failed]");
}

TEST_F(Limits, a_closed_standard_error_changes_no_answer) {
    const std::string expected = shell("attnx tokenize $1 -p 'the cat'").out;
    const Result answered = shell("attnx tokenize $1 -p 'the cat' 2>&- <&-");
    EXPECT_EQ(answered.out, expected);
    EXPECT_EQ(answered.status, 0);
    EXPECT_EQ(shell("attnx tokenize $1 -f /nowhere 2>&-").status, 2);
    // With all three closed, the file that is written is not one of them either.
    EXPECT_EQ(shell("attnx values $1 blk.0.attn_norm.weight -o a.npy <&- >&- 2>&-").status, 2);
    std::ifstream in(folder_ / "a.npy", std::ios::binary);
    std::string magic(6, ' ');
    in.read(magic.data(), 6);
    EXPECT_EQ(magic, "\x93NUMPY");
}

}  // namespace
}  // namespace attnx::test
