// A file has one job; more than 400 lines are more than one. Aim below 250.
#include <gtest/gtest.h>

#include <set>

#include "support/source_tree.h"

namespace attnx::test {
namespace {

constexpr std::size_t kMostLines = 400;

// Tables of data that nobody reads line by line.
const std::set<std::string> kGenerated = {"src/tensor/dequant/i_quant_grids.cpp"};

TEST(Sizes, stay_within_what_can_be_read_at_once) {
    const auto files = source_files({"src", "include", "tests", "tools"});
    ASSERT_GT(files.size(), 20u);
    for (const SourceFile& file : files) {
        if (kGenerated.contains(file.path)) continue;
        EXPECT_LE(file.lines.size(), kMostLines) << file.path << " has become too long";
    }
}

TEST(Sizes, headers_begin_with_their_layer_s_job) {
    for (const SourceFile& file : source_files({"include"})) {
        const std::string layer = file.path.substr(14, file.path.find('/', 14) - 14);
        ASSERT_FALSE(file.lines.empty()) << file.path;
        EXPECT_TRUE(file.lines.front().starts_with("// " + layer + ": ")) << file.path << ": " << file.lines.front();
    }
}

}  // namespace
}  // namespace attnx::test
