// Each death happens in a child process that really loses the bytes it has mapped.
#include "attnx/io/bus_guard.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <vector>

#include "attnx/io/mapped_file.h"
#include "support/temp_dir.h"

namespace attnx::io {
namespace {

constexpr std::size_t kPages = 64 * 4096;

// Maps `path`, has it shortened, and reads where it used to have bytes.
[[noreturn]] void read_a_file_that_shrinks(const std::filesystem::path& path) {
    const MappedFile file = MappedFile::open(path);
    if (::truncate(path.c_str(), 100) != 0) std::_Exit(3);
    const volatile std::byte* bytes = file.bytes().data();
    std::_Exit(bytes[kPages - 1] == std::byte{0} ? 4 : 5);
}

std::filesystem::path big_file(const test::TempDir& dir, const std::string& name) {
    std::ofstream(dir.path() / name, std::ios::binary) << std::string(kPages, 'x');
    return dir.path() / name;
}

TEST(BusGuardDeathTest, a_file_that_shrinks_while_mapped_ends_in_one_line_and_exit_2) {
    const test::TempDir dir;
    const auto path = big_file(dir, "model.gguf");
    EXPECT_EXIT(
        {
            install_bus_guard();
            read_a_file_that_shrinks(path);
        },
        testing::ExitedWithCode(2),
        "^attnx: [^\n]*model\\.gguf: the file was shortened or replaced while it was being read \\[file-changed\\]\n$");
}

TEST(BusGuardDeathTest, escapes_control_characters_of_the_file_name) {
    const test::TempDir dir;
    const auto path = big_file(dir, "red\x1b[31m.gguf");
    EXPECT_EXIT(
        {
            install_bus_guard();
            read_a_file_that_shrinks(path);
        },
        testing::ExitedWithCode(2), "red\\\\x1b\\[31m\\.gguf");
}

TEST(BusGuardDeathTest, leaves_a_signal_that_is_not_about_a_mapped_file_alone) {
    EXPECT_EXIT(
        {
            install_bus_guard();
            ::raise(SIGBUS);
        },
        testing::KilledBySignal(SIGBUS), "");
}

TEST(BusGuardDeathTest, leaves_a_fault_outside_its_files_alone) {
    const test::TempDir dir;
    const auto path = big_file(dir, "unwatched");
    EXPECT_EXIT(
        {
            std::signal(SIGBUS, SIG_DFL);
            install_bus_guard();
            std::FILE* file = std::fopen(path.c_str(), "rb");
            void* bytes = ::mmap(nullptr, kPages, PROT_READ, MAP_PRIVATE, ::fileno(file), 0);
            if (::truncate(path.c_str(), 0) != 0) std::_Exit(3);
            std::_Exit(static_cast<const volatile char*>(bytes)[kPages - 1]);
        },
        testing::KilledBySignal(SIGBUS), "");
}

TEST(WatchedRange, gives_its_place_back) {
    const std::byte byte{};
    for (int i = 0; i < 10'000; ++i) const WatchedRange range({&byte, 1}, "x");
    const test::TempDir dir;
    const auto path = big_file(dir, "later.gguf");
    EXPECT_EXIT(
        {
            install_bus_guard();
            read_a_file_that_shrinks(path);
        },
        testing::ExitedWithCode(2), "later.gguf");
}

TEST(WatchedRange, does_without_when_there_are_too_many) {
    const std::byte byte{};
    std::vector<std::unique_ptr<WatchedRange>> ranges;
    for (int i = 0; i < 5000; ++i) ranges.push_back(std::make_unique<WatchedRange>(std::span(&byte, 1), "x"));
    EXPECT_EQ(ranges.size(), 5000u);
}

}  // namespace
}  // namespace attnx::io
