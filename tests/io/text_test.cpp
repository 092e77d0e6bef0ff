#include "attnx/io/text.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "support/refusal.h"
#include "support/temp_dir.h"

namespace attnx::io {
namespace {

TEST(Text, is_every_byte_of_a_file) {
    const test::TempDir dir;
    std::string text(200'000, 'x');  // more than is read at once
    text[70'000] = '\0';
    text.back() = '\n';
    std::ofstream(dir / "text", std::ios::binary) << text;
    EXPECT_EQ(read_text((dir / "text").string()), text);
}

TEST(Text, comes_from_a_pipe_until_its_writer_is_gone) {
    const test::TempDir dir;
    const std::string pipe = (dir / "pipe").string();
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] { std::ofstream(pipe) << "through a pipe"; });
    EXPECT_EQ(read_text(pipe), "through a pipe");
    writer.join();
}

TEST(Text, has_an_end) {
    test::expect_refusal(test::refusal_of([] { read_text("/dev/zero", 1 << 20); }), ErrorCode::read_failed,
                         "does not end within 1");
    const test::TempDir dir;
    std::ofstream(dir / "text") << "12345";
    EXPECT_EQ(read_text((dir / "text").string(), 5), "12345");
    test::expect_refusal(test::refusal_of([&] { read_text((dir / "text").string(), 4); }), ErrorCode::read_failed,
                         "4 B");
}

TEST(Text, is_neither_a_folder_nor_absent) {
    const test::TempDir dir;
    test::expect_refusal(test::refusal_of([&] { read_text(dir.path().string()); }), ErrorCode::not_a_file,
                         "a directory");
    test::expect_refusal(test::refusal_of([&] { read_text((dir / "none").string()); }), ErrorCode::cannot_open,
                         "No such file or directory");
}

}  // namespace
}  // namespace attnx::io
