// Names of architectures are quarantined in src/model/arch: nothing else can decide by name.
#include <gtest/gtest.h>

#include <set>

#include "support/source_tree.h"

namespace attnx::test {
namespace {

constexpr std::string_view kHome = "src/model/arch/";
// tokenizer.ggml.model and .pre reuse words such as "llama", "gpt2", "bert" and "t5" for tokenizers.
constexpr std::string_view kTokenizers = "src/text/";

// The rows as written: `.name = "gemma2"`.
std::set<std::string> registered_names() {
    std::set<std::string> names;
    for (const SourceFile& file : source_files({"src/model/arch"}))
        for (const std::string& line : file.lines) {
            constexpr std::string_view kField = ".name = \"";
            for (std::size_t at = line.find(kField); at != std::string::npos; at = line.find(kField, at)) {
                at += kField.size();
                names.insert(line.substr(at, line.find('"', at) - at));
            }
        }
    return names;
}

TEST(ArchitectureNames, are_found_in_the_rows) {
    if (source_files({"src/model/arch"}).empty()) GTEST_SKIP() << "no architecture rows yet";
    EXPECT_GE(registered_names().size(), 100u);
    EXPECT_TRUE(registered_names().contains("llama"));
}

TEST(ArchitectureNames, occur_nowhere_else) {
    const std::set<std::string> names = registered_names();
    for (const SourceFile& file : source_files({"src", "include"})) {
        if (file.path.starts_with(kHome) || file.path.starts_with(kTokenizers)) continue;
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            for (const std::string& literal : string_literals(file.lines[i]))
                EXPECT_FALSE(names.contains(literal))
                    << file.path << ":" << i + 1 << ": \"" << literal << "\" belongs into " << kHome;
    }
}

}  // namespace
}  // namespace attnx::test
