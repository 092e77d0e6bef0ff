// attnx in a home of its own: no proxy, ~/.netrc, token or cache but those of the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "support/run_cli.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

namespace attnx::test {

inline std::string file_of(const TinyModel& model = {}) {
    const std::vector<std::byte> bytes = model.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class RemoteHome {
public:
    RemoteHome() { std::filesystem::create_directory(dir_ / "home"); }

    Result operator()(std::vector<std::string> line, std::map<std::string, std::string> more = {},
                      std::function<void(pid_t)> meanwhile = {}) const {
        more.insert({{"HOME", (dir_ / "home").string()}, {"ATTNX_TIMEOUT", "20"}});
        return run({.arguments = std::move(line), .environment = std::move(more), .meanwhile = std::move(meanwhile)});
    }
    // What is said, in one line.
    std::string refusal(const std::vector<std::string>& line,
                        const std::map<std::string, std::string>& more = {}) const {
        const Result result = (*this)(line, more);
        EXPECT_EQ(result.status, 2) << result.out << result.err;
        EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
        return result.err;
    }
    std::filesystem::path operator/(const std::string& name) const { return dir_ / "home" / name; }
    // Names and contents of all files.
    std::string everything_kept() const {
        std::string all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
            if (!entry.is_regular_file()) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            all += entry.path().string() + "\n" + std::string(std::istreambuf_iterator<char>(in), {});
        }
        return all;
    }

private:
    TempDir dir_;
};

}  // namespace attnx::test
