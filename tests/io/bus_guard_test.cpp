// Each death happens in a child process that really loses the bytes it has mapped.
#include "attnx/io/bus_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "attnx/io/mapped_file.h"
#include "attnx/io/unfinished.h"
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

// Sleeping, as a thread does that writes into a full pipe or waits for the end.
bool sleeps(const std::string& thread) {
    std::ifstream stat("/proc/self/task/" + thread + "/stat");
    const std::string line((std::istreambuf_iterator<char>(stat)), {});
    const std::size_t name = line.rfind(") ");
    return name != std::string::npos && line.substr(name + 2, 1) == "S";
}

// Standard error is a full pipe, so that the thread which speaks first is still at it when the other faults. Then it is
// emptied.
void fault_in_two_threads_at_once(const std::filesystem::path& path) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) std::_Exit(3);
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::string block(4096, '.');
    while (::write(ends[1], block.data(), block.size()) > 0) {
    }
    ::fcntl(ends[1], F_SETFL, 0);
    ::dup2(ends[1], STDERR_FILENO);
    const MappedFile file = MappedFile::open(path);
    if (::truncate(path.c_str(), 100) != 0) std::_Exit(3);
    install_bus_guard();
    std::array<std::atomic<pid_t>, 2> ids{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 2; ++i)
        threads.emplace_back([&, i] {
            ids[i] = static_cast<pid_t>(::syscall(SYS_gettid));
            const volatile std::byte* bytes = file.bytes().data();
            std::_Exit(bytes[kPages / 2 * (i + 1) - 1] == std::byte{0} ? 4 : 5);
        });
    for (const auto& id : ids)
        while (id == 0 || !sleeps(std::to_string(id))) ::usleep(1000);
    std::string said(1 << 20, ' ');
    for (;;)
        if (::read(ends[0], said.data(), said.size()) < 0) ::usleep(1000);
}

TEST(BusGuardDeathTest, lets_one_thread_speak_when_two_fault_at_once) {
    const test::TempDir dir;
    const auto path = big_file(dir, "model.gguf");
    EXPECT_EXIT(fault_in_two_threads_at_once(path), testing::ExitedWithCode(2), "");
}

TEST(BusGuardDeathTest, removes_unfinished_files) {
    const test::TempDir dir;
    const auto path = big_file(dir, "model.gguf");
    std::ofstream(dir / "half") << "written";
    EXPECT_EXIT(
        {
            install_bus_guard();
            const Unfinished half((dir / "half").string());
            read_a_file_that_shrinks(path);
        },
        testing::ExitedWithCode(2), "file-changed");
    EXPECT_FALSE(std::filesystem::exists(dir / "half"));
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
