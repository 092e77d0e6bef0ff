// Vocabulary files of real models, through every reading command.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/golden.h"
#include "support/run_cli.h"

namespace attnx {
namespace {

TEST(Vocabularies, pass_through_every_reading_command) {
    std::size_t files = 0;
    for (const auto& file : test::golden_files("tokenizer", ".gguf")) {
        ++files;
        const std::string path = file.string();
        for (const std::vector<std::string>& line : {std::vector<std::string>{"inspect", "--layers", "--explain"},
                                                     {"tensors"},
                                                     {"metadata"},
                                                     {"check"},
                                                     {"kv-cost", "--ctx", "2k"},
                                                     {"compute-cost", "--ctx", "2k"}}) {
            std::vector<std::string> arguments = line;
            arguments.insert(arguments.begin() + 1, path);
            const auto people = test::run_cli(arguments);
            EXPECT_EQ(people.status, 0) << path << ' ' << line.front() << ": " << people.err;
            arguments.push_back("--json");
            const auto scripts = test::run_cli(arguments);
            EXPECT_EQ(scripts.status, 0) << path << ' ' << line.front() << ": " << scripts.err;
            EXPECT_FALSE(nlohmann::json::parse(scripts.out, nullptr, false).is_discarded())
                << path << ' ' << line.front();
        }
        const auto attended = test::run_cli({"attend", path, "-p", "hello"});
        EXPECT_EQ(attended.status, 2) << path;
        EXPECT_NE(attended.err.find("a vocabulary and no weights"), std::string::npos) << attended.err;
    }
    EXPECT_EQ(files, 15u);
}

}  // namespace
}  // namespace attnx
