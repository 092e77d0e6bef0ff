#include "attnx/io/unfinished.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "attnx/io/output_files.h"
#include "support/temp_dir.h"

namespace attnx::io {
namespace {

std::string file_in(const test::TempDir& dir, const std::string& name) {
    std::ofstream{dir / name};
    return (dir / name).string();
}

// In a process of its own each, as nothing goes on after it.
TEST(Unfinished, files_go_and_others_stay) {
    const test::TempDir dir;
    const std::string kept = file_in(dir, "kept");
    std::vector<std::string> paths;
    for (int i = 0; i < 100; ++i) paths.push_back(file_in(dir, std::to_string(i)));
    const auto end = [&] {
        { const Unfinished finished(kept); }
        std::vector<std::unique_ptr<Unfinished>> unfinished;
        for (const std::string& path : paths) unfinished.push_back(std::make_unique<Unfinished>(path));
        std::_Exit(remove_unfinished_files() ? 0 : 1);
    };
    EXPECT_EXIT(end(), testing::ExitedWithCode(0), "");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
    EXPECT_TRUE(std::filesystem::exists(kept));
    EXPECT_EXIT(std::_Exit(remove_unfinished_files() ? 0 : 1), testing::ExitedWithCode(1), "") << "there was none";
}

// One thread is about to create a file when another ends the process: the file is created first, and goes.
TEST(Unfinished, files_cannot_slip_in_while_the_process_ends) {
    const test::TempDir dir;
    const auto end = [&] {
        std::atomic<bool> inside = false, ending = false;
        std::thread creator([&] {
            const Unfinished unfinished((dir / "late").string());
            const Uninterrupted whole;
            inside = true;
            while (!ending) ::usleep(100);
            ::usleep(20'000);
            std::ofstream{dir / "late"};
        });
        while (!inside) ::usleep(100);
        ending = true;
        std::_Exit(remove_unfinished_files() ? 0 : 1);
    };
    EXPECT_EXIT(end(), testing::ExitedWithCode(0), "");
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Unfinished, outputs_are_such_files) {
    const test::TempDir dir;
    const auto end = [&] {
        OutputFiles files({(dir / "a").string(), (dir / "b").string()}, {});
        std::_Exit(remove_unfinished_files() ? 0 : 1);
    };
    EXPECT_EXIT(end(), testing::ExitedWithCode(0), "");
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace attnx::io
