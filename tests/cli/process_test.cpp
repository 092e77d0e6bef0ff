// What a shell sees: standard output, standard error, exit status, terminal or pipe.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "attnx/base/version.h"
#include "support/gguf_builder.h"
#include "support/paths.h"
#include "support/run_cli.h"
#include "support/sanitized.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

using nlohmann::json;

TEST(Process, prints_its_version) {
    const Result result = run_cli({"--version"});
    EXPECT_EQ(result.out, std::string("attnx ") + kVersion + "\n");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.status, 0);
}

TEST(Process, help_is_an_answer) {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{}, {"-h"}, {"--help"}, {"help"}}) {
        const Result result = run_cli(arguments);
        EXPECT_NE(result.out.find("Usage: attnx COMMAND MODEL [options]"), std::string::npos);
        EXPECT_EQ(result.err, "");
        EXPECT_EQ(result.status, 0);
    }
    EXPECT_EQ(run_cli({"help", "help"}).out, run_cli({"help", "--help"}).out);
}

TEST(Process, a_usage_error_is_one_line_and_status_2) {
    const Result result = run_cli({"hlep"});
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "attnx: unknown command 'hlep'; did you mean help? [usage]\n");
    EXPECT_EQ(result.status, 2);
}

TEST(Process, with_json_a_usage_error_is_json_too) {
    const Result result = run_cli({"hlep", "--json"});
    const json root = json::parse(result.out);
    EXPECT_EQ(root["error"]["code"], "usage");
    EXPECT_EQ(root["attnx"], kVersion);
    EXPECT_EQ(root["schema"], 1);
    EXPECT_EQ(result.err, "attnx: unknown command 'hlep'; did you mean help? [usage]\n");
    EXPECT_EQ(result.status, 2);
}

TEST(Process, never_sends_an_argument_raw_to_the_terminal) {
    const Result result = run_cli({"\x1b[2J\xFF"});
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
    EXPECT_EQ(result.err.find('\xFF'), std::string::npos);
    EXPECT_EQ(result.status, 2);
}

TEST(Process, a_full_disk_is_a_failure) {
    const Result result = run({.arguments = {"help"}, .output_to = "/dev/full"});
    EXPECT_EQ(result.err, "attnx: standard output: No space left on device [write-failed]\n");
    EXPECT_EQ(result.status, 2);
    const Result with_json = run({.arguments = {"help", "--json"}, .output_to = "/dev/full"});
    EXPECT_EQ(with_json.err, result.err);
    EXPECT_EQ(with_json.status, 2);
    EXPECT_EQ(run({.arguments = {"--version"}, .output_to = "/dev/full"}).status, 2);
}

TEST(Process, a_reader_that_leaves_ends_it_quietly) {
    const Result result = run({.arguments = {"help", "--json"}, .hang_up_after = 0});
    EXPECT_EQ(result.err, "");
    EXPECT_FALSE(result.timed_out);
}

TEST(Process, a_reader_that_leaves_ends_it_quietly_though_sigpipe_is_ignored) {
    EXPECT_EQ(in_shell("trap '' PIPE; (sleep 0.1; attnx help --json) | true").err, "");
}

TEST(Process, a_closed_standard_output_is_a_failure) {
    const Result result = in_shell("attnx help >&-");
    EXPECT_EQ(result.err, "attnx: standard output: Bad file descriptor [write-failed]\n");
    EXPECT_EQ(result.status, 2);
}

#if !ATTNX_ADDRESS_SANITIZED  // whose shadow needs all address space
// A tensor "w" of float zeros, none of them on the disk.
void write_zeros(const std::filesystem::path& path, std::vector<std::uint64_t> dimensions, std::uintmax_t bytes) {
    GgufBuilder()
        .key("general.architecture", "llama")
        .key("llama.block_count", 1u)
        .raw_tensor({.name = "w",
                     .dimensions = std::move(dimensions),
                     .type = 0,
                     .offset = 0,
                     .bytes = 0,
                     .dimension_count = {}})
        .write(path);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) + 64 + bytes);
}

TEST(Process, too_little_memory_is_a_failure_with_a_name) {
    const TempDir dir;
    const auto path = dir / "wide.gguf";  // a row of 256 MiB, and what is read of it is held
    write_zeros(path, {std::uint64_t{64} << 20, 1}, std::uintmax_t{256} << 20);
    const Result result =
        run({.arguments = {"values", path.string(), "w", "--json"}, .memory_limit = std::uint64_t{320} << 20});
    EXPECT_EQ(result.err, "attnx: there is not enough memory [out-of-memory]\n");
    EXPECT_EQ(json::parse(result.out)["error"]["code"], "out-of-memory");
    EXPECT_EQ(result.status, 2);
}

TEST(Process, prints_more_numbers_than_it_could_hold) {
    const TempDir dir;
    const auto path = dir / "tall.gguf";
    write_zeros(path, {4096, 2048}, std::uintmax_t{32} << 20);
    for (const char* format : {"json", "csv"}) {  // the mapping is 32 MiB of the 56
        const Result result = run({.arguments = {"values", path.string(), "w", "--format", format},
                                   .output_to = "/dev/null",
                                   .memory_limit = std::uint64_t{56} << 20});
        EXPECT_EQ(result.err, "") << format;
        EXPECT_EQ(result.status, 0) << format;
    }
}
#endif

TEST(Process, colours_a_terminal_and_nothing_else) {
    const auto coloured = [](Call what) { return run(what).out.find("\x1b[") != std::string::npos; };
    const Call pipe{.arguments = {"help"}};
    Call terminal = pipe;
    terminal.terminal = true;
    terminal.environment = {{"TERM", "xterm-256color"}};
    EXPECT_FALSE(coloured(pipe));
    EXPECT_TRUE(coloured(terminal));

    Call with = terminal;
    with.environment["NO_COLOR"] = "1";
    EXPECT_FALSE(coloured(with));
    with.environment["NO_COLOR"] = "";
    EXPECT_TRUE(coloured(with)) << "an empty NO_COLOR counts as unset";
    with.environment["NO_COLOR"] = "1";
    with.arguments = {"help", "--color", "always"};
    EXPECT_TRUE(coloured(with)) << "an explicit flag wins";

    with = terminal;
    with.arguments = {"--color=never", "help"};
    EXPECT_FALSE(coloured(with));
    with = terminal;
    with.environment["TERM"] = "dumb";
    EXPECT_FALSE(coloured(with));
    with = pipe;
    with.environment["CLICOLOR_FORCE"] = "1";
    EXPECT_TRUE(coloured(with));
    with.arguments = {"help", "--json"};
    EXPECT_FALSE(coloured(with)) << "only tables have colours";
}

TEST(Process, is_as_wide_as_the_terminal) {
    const auto longest = [](const Call& what) {
        std::size_t best = 0;
        const std::string out = run(what).out;
        for (std::size_t at = 0; at < out.size();) {
            const std::size_t end = std::min(out.find('\n', at), out.size());
            best = std::max(best, end - at);
            at = end + 1;
        }
        return best;
    };
    Call what{.arguments = {"help", "--color", "never"}, .terminal = true, .columns = 60};
    EXPECT_LE(longest(what), 60u);
    what.columns = 0;
    what.environment["COLUMNS"] = "50";
    EXPECT_LE(longest(what), 50u);
    what.environment.erase("COLUMNS");
    EXPECT_LE(longest(what), 80u);
    EXPECT_GT(longest(what), 60u);
}

TEST(Process, speaks_ascii_in_a_locale_that_is_not_utf8) {
    for (const char* locale : {"C", "POSIX", "de_DE.ISO-8859-1"}) {
        const std::string out = run({.arguments = {"help", "help"}, .environment = {{"LC_ALL", locale}}}).out;
        EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
            << locale;
    }
}

}  // namespace
}  // namespace attnx::test
