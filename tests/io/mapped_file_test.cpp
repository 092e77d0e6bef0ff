#include "attnx/io/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "attnx/base/error.h"
#include "support/gguf_builder.h"
#include "support/temp_dir.h"

namespace attnx::io {
namespace {

ErrorCode refusal(const std::filesystem::path& path) {
    try {
        (void)MappedFile::open(path);
    } catch (const Error& error) {
        EXPECT_EQ(error.where().path, path.string());
        return error.code();
    }
    ADD_FAILURE() << path << " was opened";
    return ErrorCode::internal;
}

void write(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

TEST(OpenMappedFile, gives_the_bytes_of_the_file) {
    const test::TempDir dir;
    write(dir.path() / "a", "hello");
    const MappedFile file = MappedFile::open(dir.path() / "a");
    ASSERT_EQ(file.bytes().size(), 5u);
    EXPECT_EQ(std::memcmp(file.bytes().data(), "hello", 5), 0);
}

TEST(OpenMappedFile, keeps_its_bytes_where_they_are_when_moved) {
    const test::TempDir dir;
    write(dir.path() / "a", "hello");
    MappedFile file = MappedFile::open(dir.path() / "a");
    const std::byte* before = file.bytes().data();
    const MappedFile moved = std::move(file);
    EXPECT_EQ(moved.bytes().data(), before);
    EXPECT_EQ(moved.bytes()[4], std::byte{'o'});
}

TEST(OpenMappedFile, follows_a_link_as_model_caches_use_them) {
    const test::TempDir dir;
    write(dir.path() / "blob", "hello");
    std::filesystem::create_symlink("blob", dir.path() / "model.gguf");
    EXPECT_EQ(MappedFile::open(dir.path() / "model.gguf").bytes().size(), 5u);
}

TEST(OpenMappedFile, opens_a_file_that_may_not_be_written) {
    const test::TempDir dir;
    write(dir.path() / "a", "hello");
    ::chmod((dir.path() / "a").c_str(), 0400);
    EXPECT_EQ(MappedFile::open(dir.path() / "a").bytes().size(), 5u);
}

TEST(RefuseToMap, a_missing_file) { EXPECT_EQ(refusal("/nowhere/at/all.gguf"), ErrorCode::cannot_open); }

TEST(RefuseToMap, a_directory) {
    const test::TempDir dir;
    EXPECT_EQ(refusal(dir.path()), ErrorCode::not_a_file);
}

TEST(RefuseToMap, an_empty_file) {
    const test::TempDir dir;
    write(dir.path() / "a", "");
    EXPECT_EQ(refusal(dir.path() / "a"), ErrorCode::empty_file);
}

TEST(RefuseToMap, a_fifo_without_waiting_for_a_writer) {
    const test::TempDir dir;
    ASSERT_EQ(::mkfifo((dir.path() / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(refusal(dir.path() / "fifo"), ErrorCode::not_a_file);
}

TEST(RefuseToMap, devices_without_end) {
    EXPECT_EQ(refusal("/dev/zero"), ErrorCode::not_a_file);
    EXPECT_EQ(refusal("/dev/null"), ErrorCode::not_a_file);
}

TEST(RefuseToMap, a_socket) {
    const test::TempDir dir;
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = (dir.path() / "s").string();
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(refusal(path), ErrorCode::not_a_file);
    ::close(fd);
}

TEST(RefuseToMap, links_that_lead_in_a_circle) {
    const test::TempDir dir;
    std::filesystem::create_symlink("b", dir.path() / "a");
    std::filesystem::create_symlink("a", dir.path() / "b");
    EXPECT_EQ(refusal(dir.path() / "a"), ErrorCode::cannot_open);
}

TEST(RequireSize, notices_that_the_file_was_shortened) {
    const test::TempDir dir;
    write(dir.path() / "a", std::string(100, 'x'));
    const MappedFile file = MappedFile::open(dir.path() / "a");
    EXPECT_NO_THROW(file.require_size(100));
    ASSERT_EQ(::truncate((dir.path() / "a").c_str(), 40), 0);
    EXPECT_NO_THROW(file.require_size(40));
    try {
        file.require_size(41);
        ADD_FAILURE() << "not noticed";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::file_changed);
        EXPECT_NE(error.message().find("had 100 bytes and now has 40"), std::string::npos) << error.message();
    }
}

TEST(Advise, accepts_any_range_and_keeps_the_bytes_readable) {
    const test::TempDir dir;
    write(dir.path() / "a", std::string(20'000, 'x'));
    const MappedFile file = MappedFile::open(dir.path() / "a");
    for (const Access access : {Access::sequential, Access::random, Access::will_need, Access::done}) {
        file.advise(0, 20'000, access);
        file.advise(5000, 1, access);
        file.advise(19'999, 0xFFFFFFFFFFFFFFFF, access);
        EXPECT_EQ(file.bytes()[9'000], std::byte{'x'});
    }
}

}  // namespace
}  // namespace attnx::io
