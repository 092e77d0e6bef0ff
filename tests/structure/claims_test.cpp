// What documents claim and code cites is there: each row of README's "How exact is it?" names the tests that show it
// and counts what they hold, and comments name documents of this checkout.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/paths.h"
#include "support/source_tree.h"

namespace attnx::test {
namespace {

using Texts = std::vector<std::string>;

// Rows of the table below the heading, cells joined.
Texts claims(const std::string& document) {
    Texts rows;
    std::istringstream lines(document.substr(document.find("## How exact is it?")));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line) && !line.starts_with("## "))
        if (line.starts_with("| ") && !line.starts_with("| claim")) rows.push_back(line);
    return rows;
}

Texts all_of(const std::string& text, const std::regex& pattern) {
    Texts found;
    for (std::sregex_iterator it(text.begin(), text.end(), pattern); it != std::sregex_iterator(); ++it)
        found.push_back((*it)[1]);
    return found;
}

// `Suite.name`.
Texts tests_named(const std::string& claim) {
    static const std::regex kTest("`([A-Z][A-Za-z0-9]*\\.[a-z][A-Za-z0-9_]*)`");
    return all_of(claim, kTest);
}

// Whole numbers of two and more digits that are no part of a name, a fraction or a share: "3,563" is 3563.
Texts counts(const std::string& claim) {
    static const std::regex kCode("`[^`]*`"), kNumber("(?:^|[ (])([1-9][0-9,]*[0-9])(?=[ ;:,)]|$)(?! %)");
    Texts numbers = all_of(std::regex_replace(claim, kCode, ""), kNumber);
    for (std::string& number : numbers) std::erase(number, ',');
    return numbers;
}

// The file of every test, as text without the marks between digits, by "Suite.name".
std::map<std::string, std::string> files_of_tests() {
    static const std::regex kDefinition("TEST(?:_F|_P)?\\((\\w+),\\s*(\\w+)\\)");
    std::map<std::string, std::string> files;
    for (const SourceFile& file : source_files({"tests"})) {
        std::string text;
        for (const std::string& line : file.lines) text += line + "\n";
        std::erase(text, '\'');
        for (std::sregex_iterator it(text.begin(), text.end(), kDefinition); it != std::sregex_iterator(); ++it)
            files[(*it)[1].str() + "." + (*it)[2].str()] = text;
    }
    return files;
}

bool holds(const std::string& text, const std::string& number) {
    return std::regex_search(text, std::regex("(^|[^0-9A-Za-z_.])" + number + "(U|u|\\b)"));
}

TEST(Claims, of_the_readme_name_the_tests_that_show_them_and_count_what_these_hold) {
    const auto files = files_of_tests();
    const Texts rows = claims(read_text(std::filesystem::path(ATTNX_SOURCE_DIR) / "README.md"));
    EXPECT_GE(rows.size(), 8U);
    for (const std::string& row : rows) {
        SCOPED_TRACE(row);
        const Texts named = tests_named(row);
        EXPECT_FALSE(named.empty()) << "no test shows it";
        for (const std::string& test : named) EXPECT_TRUE(files.contains(test)) << "no such test: " << test;
        for (const std::string& number : counts(row))
            EXPECT_TRUE(std::ranges::any_of(
                named, [&](const auto& test) { return files.contains(test) && holds(files.at(test), number); }))
                << "no test holds " << number;
    }
}

TEST(Citations, are_of_documents_in_this_checkout) {
    static const std::regex kDocument("((?:docs/|tests/golden/|\\.\\./)[A-Za-z0-9_./-]*\\.md)");
    const std::set<std::string> of_llama_cpp = {"docs/gguf.md"};
    const std::filesystem::path root = ATTNX_SOURCE_DIR;
    for (const SourceFile& file : source_files({"src", "include", "tests", "tools"}))
        for (const std::string& line : file.lines)
            for (const std::string& cited : all_of(line, kDocument))
                EXPECT_TRUE(of_llama_cpp.contains(cited) || std::filesystem::exists(root / cited))
                    << file.path << " cites " << cited;
}

TEST(Claims, are_told_from_names_and_shares) {
    EXPECT_EQ(counts("| 3,563 of 12 (b12032, AVX-512, 1e-4, 0.001), 99 % of 7 `ctest 44` | 29 types, 17,080 faults |"),
              (Texts{"3563", "12", "29", "17080"}));
    EXPECT_EQ(tests_named("`Suite.name_of_it` and `ctest -R real/`, `tests/gguf`"), Texts{"Suite.name_of_it"});
    EXPECT_TRUE(holds("EXPECT_EQ(all, 3563U)", "3563"));
    EXPECT_FALSE(holds("EXPECT_EQ(all, 13563U)", "3563"));
}

}  // namespace
}  // namespace attnx::test
