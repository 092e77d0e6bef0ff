// What a folder holds before, while and after files are written into it.
#include "attnx/io/output_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "support/refusal.h"
#include "support/temp_dir.h"

namespace attnx::io {
namespace {

namespace fs = std::filesystem;

class OutputFilesTest : public ::testing::Test {
protected:
    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(at(name), std::ios::binary) << text;
    }
    std::string text_of(const std::string& name) const {
        std::ifstream in(at(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::set<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder_.path())) found.insert(entry.path().filename().string());
        return found;
    }
    std::string unfinished() const {
        for (const std::string& name : names())
            if (name.starts_with(".attnx-")) return name;
        return {};
    }
    mode_t mode_of(const std::string& name) const {
        struct stat status = {};
        EXPECT_EQ(::stat(at(name).c_str(), &status), 0) << name;
        return status.st_mode & 0777U;
    }
    void replace(const std::string& name, const std::string& text) const {
        OutputFiles files({at(name)}, {});
        files[0].write(text);
        files.publish();
    }
    std::optional<Error> refusal(const std::vector<std::string>& outputs,
                                 const std::vector<std::string>& inputs) const {
        return test::refusal_of([&] { const OutputFiles files(outputs, inputs); });
    }

    test::TempDir folder_;
};

using Names = std::set<std::string>;

TEST_F(OutputFilesTest, appear_together_and_only_when_all_are_complete) {
    put("a.npy", "old");
    OutputFiles files({at("a.npy"), at("a.npy.json")}, {});
    files[0].write("new");
    files[1].write("{}");
    EXPECT_EQ(text_of("a.npy"), "old");
    EXPECT_EQ(names().count("a.npy.json"), 0u);
    files.publish();
    EXPECT_EQ(text_of("a.npy"), "new");
    EXPECT_EQ(text_of("a.npy.json"), "{}");
    EXPECT_EQ(names(), (Names{"a.npy", "a.npy.json"}));
}

TEST_F(OutputFilesTest, leave_the_folder_as_it_was_when_they_are_never_published) {
    put("a.npy", "old");
    {
        OutputFiles files({at("a.npy"), at("b.npy")}, {});
        files[0].write("half");
        EXPECT_EQ(names().size(), 3u);
    }
    EXPECT_EQ(names(), Names{"a.npy"});
    EXPECT_EQ(text_of("a.npy"), "old");
}

TEST_F(OutputFilesTest, are_written_anywhere_and_zero_in_between) {
    OutputFiles files({at("a")}, {});
    files[0].write("abc");
    files[0].extend_to(6);
    files[0].extend_to(2);  // no shorter
    files[0].seek(4);
    files[0].write("e");
    files[0].seek(0);
    files[0].write("A");
    files.publish();
    EXPECT_EQ(text_of("a"), std::string("Abc\0e\0", 6));
}

TEST_F(OutputFilesTest, keep_the_permissions_of_what_they_replace) {
    for (const mode_t mode : {0600U, 0640U, 0755U}) {
        put("a", "old");
        ASSERT_EQ(::chmod(at("a").c_str(), mode), 0);
        replace("a", "new");
        EXPECT_EQ(mode_of("a"), mode);
        EXPECT_EQ(text_of("a"), "new");
    }
    const mode_t before = ::umask(027);
    replace("b", "new");
    ::umask(before);
    EXPECT_EQ(mode_of("b"), mode_t{0640});
}

TEST_F(OutputFilesTest, show_nobody_what_replaces_a_private_file) {
    put("a", "old");
    ASSERT_EQ(::chmod(at("a").c_str(), 0600), 0);
    const OutputFiles files({at("a")}, {});
    EXPECT_EQ(mode_of(unfinished()), mode_t{0600});
}

TEST_F(OutputFilesTest, replace_a_symbolic_link_and_not_what_it_points_to) {
    put("precious", "kept");
    fs::create_symlink("precious", at("a"));
    fs::create_symlink("nowhere", at("dangling"));
    replace("a", "new");
    replace("dangling", "new too");
    EXPECT_EQ(text_of("precious"), "kept");
    EXPECT_FALSE(fs::is_symlink(at("a")));
    EXPECT_EQ(text_of("a"), "new");
    EXPECT_EQ(names(), (Names{"a", "dangling", "precious"}));
}

TEST_F(OutputFilesTest, leave_the_other_name_of_a_hard_link_alone) {
    put("precious", "kept");
    fs::create_hard_link(at("precious"), at("a"));
    replace("a", "new");
    EXPECT_EQ(text_of("precious"), "kept");
}

TEST_F(OutputFilesTest, never_replace_an_input_under_whatever_name) {
    put("model", "weights");
    fs::create_symlink("model", at("symbolic"));
    fs::create_hard_link(at("model"), at("hard"));
    fs::create_directory_symlink(".", at("folder"));
    for (const char* alias : {"model", "./model", "symbolic", "hard", "folder/model"}) {
        SCOPED_TRACE(alias);
        test::expect_refusal(refusal({at("first"), at(alias)}, {at("prompt"), at("model")}), ErrorCode::usage,
                             "cannot be the output too");
    }
    test::expect_refusal(refusal({at("model")}, {at("symbolic")}), ErrorCode::usage, "is read");
    EXPECT_EQ(names(), (Names{"folder", "hard", "model", "symbolic"}));
    EXPECT_EQ(text_of("model"), "weights");
}

TEST_F(OutputFilesTest, are_different_files) {
    fs::create_directory_symlink(".", at("folder"));
    put("there", "");
    fs::create_hard_link(at("there"), at("too"));
    for (const auto& [one, other] :
         {std::pair{"a", "a"}, {"a", "./a"}, {"a", "folder/a"}, {"folder/a", "folder/folder/a"}, {"there", "too"}}) {
        SCOPED_TRACE(other);
        test::expect_refusal(refusal({at(one), at("b"), at(other)}, {}), ErrorCode::usage, "another output");
    }
    EXPECT_EQ(names(), (Names{"folder", "there", "too"}));
}

TEST_F(OutputFilesTest, replace_neither_folders_nor_pipes_nor_devices) {
    fs::create_directory(at("folder"));
    ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
    for (const std::string& path : {at("folder"), at("pipe"), std::string("/dev/null"), at("a/"), std::string()}) {
        SCOPED_TRACE(path);
        test::expect_refusal(refusal({path}, {}), ErrorCode::not_a_file, "output");
    }
    EXPECT_EQ(names(), (Names{"folder", "pipe"}));
}

TEST_F(OutputFilesTest, say_why_they_cannot_be_written) {
    test::expect_refusal(refusal({at("none/a")}, {}), ErrorCode::write_failed, "No such file or directory");
    test::expect_refusal(refusal({at(std::string(300, 'x'))}, {}), ErrorCode::write_failed, "File name too long");
    EXPECT_FALSE(refusal({at(std::string(255, 'x'))}, {})) << "the unfinished file's name is not longer";
}

TEST_F(OutputFilesTest, say_what_is_there_already_when_a_name_was_taken_meanwhile) {
    OutputFiles files({at("a"), at("b")}, {});
    fs::create_directory(at("b"));
    test::expect_refusal(test::refusal_of([&] { files.publish(); }), ErrorCode::write_failed, "a is written");
}

TEST_F(OutputFilesTest, of_two_writers_at_once_are_those_of_one) {
    OutputFiles one({at("a")}, {}), other({at("a")}, {});
    one[0].write("one");
    other[0].write("the other");
    one.publish();
    EXPECT_EQ(text_of("a"), "one");
    other.publish();
    EXPECT_EQ(text_of("a"), "the other");
    EXPECT_EQ(names(), Names{"a"});
}

// As root everything may be written, so: as somebody else.
[[noreturn]] void replace_as_another_user(const std::string& path) {
    if (::geteuid() == 0 && (::setgid(54321) != 0 || ::setuid(54321) != 0)) std::_Exit(3);
    try {
        OutputFiles files({path}, {});
        std::_Exit(4);
    } catch (const Error& error) {
        std::fprintf(stderr, "%s", error.what());
        std::_Exit(0);
    }
}

TEST_F(OutputFilesTest, do_not_replace_a_file_that_may_not_be_written) {
    put("a", "old");
    ASSERT_EQ(::chmod(at("a").c_str(), 0444), 0);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
    EXPECT_EXIT(replace_as_another_user(at("a")), testing::ExitedWithCode(0), "Permission denied");
    EXPECT_EQ(names(), Names{"a"});
}

[[noreturn]] void write_more_than_allowed(const std::string& path) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int code = 4;
    try {
        OutputFiles files({path}, {});
        files[0].write(std::string(100'000, 'x'));
        files.publish();
    } catch (const Error& error) {
        std::fprintf(stderr, "%s", error.what());
        code = 0;
    }
    std::_Exit(code);
}

// Small pieces wait for each other, large ones do not, and holes stay where nothing was written.
TEST_F(OutputFilesTest, hold_what_was_written_where_it_was_written) {
    constexpr std::size_t kSize = 3'000'000;
    std::string expected(kSize, '\0');
    OutputFiles files({at("a")}, {});
    files[0].extend_to(kSize);
    const auto write_at = [&](std::size_t offset, const std::string& piece) {
        files[0].seek(offset);
        files[0].write(piece);
        expected.replace(offset, piece.size(), piece);
    };
    write_at(2'000'000, std::string(700'000, 'l'));
    for (std::size_t i = 0; i < 1000; ++i) write_at(1'000 + i * 5, fmt::format("{:05}", i));
    write_at(100, "before");
    write_at(2'000'010, "again");
    files.publish();
    EXPECT_EQ(text_of("a"), expected);
}

TEST_F(OutputFilesTest, give_the_reason_when_no_more_can_be_written) {
    put("a", "old");
    EXPECT_EXIT(write_more_than_allowed(at("a")), testing::ExitedWithCode(0), "File too large .write-failed");
    EXPECT_EQ(names(), Names{"a"});
    EXPECT_EQ(text_of("a"), "old");
}

}  // namespace
}  // namespace attnx::io
