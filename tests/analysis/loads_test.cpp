// Verdicts of llama.cpp's loader on files with one fault each. ATTNX_LOADS_SHOW=1 prints every disagreement:
//
//   ATTNX_LOADS_SHOW=1 attnx_test_analysis --gtest_filter=Loads/Architecture.agrees/qwen3
#include "attnx/analysis/loads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "attnx/model/arch.h"
#include "support/load_cases.h"
#include "support/paths.h"

namespace attnx::test {
namespace {

struct Tally {
    std::size_t agree = 0, all = 0;
};

struct Comparison {
    std::map<std::string, Tally> by_kind;
    std::vector<std::string> disagreements;

    Tally total() const {
        Tally sum;
        for (const auto& [kind, tally] : by_kind) sum = {sum.agree + tally.agree, sum.all + tally.all};
        return sum;
    }

    std::string counts() const {
        std::string text;
        for (const auto& [kind, tally] : by_kind)
            text += kind + " " + std::to_string(tally.agree) + "/" + std::to_string(tally.all) + "  ";
        return text + "all " + std::to_string(total().agree) + "/" + std::to_string(total().all);
    }
};

std::string text_of(const std::optional<bool>& loads, const std::string& message) {
    return loads ? *loads ? "loads" : "refuses: " + message : "cannot tell";
}

// Where llama.cpp aborts any answer will do. A refusal has to name what llama.cpp's message names.
bool agree(const LoadCase& expected, const analysis::LoadVerdict& ours) {
    if (!expected.loads) return true;
    if (ours.loads != expected.loads) return false;
    return *ours.loads || expected.named.empty() || (ours.refusal && ours.refusal->name == expected.named);
}

void compare(const std::string& name, Comparison& result) {
    for_each_load_case(name, [&](const LoadCase& expected, const analysis::LoadVerdict& ours) {
        EXPECT_EQ(ours.refusal.has_value(), ours.loads == false) << expected.change;
        Tally& tally = result.by_kind[expected.kind];
        ++tally.all;
        if (agree(expected, ours)) {
            ++tally.agree;
            return;
        }
        const std::string reason = ours.refusal ? ours.refusal->message + " (name: " + ours.refusal->name + ")" : "";
        result.disagreements.push_back(expected.change + "\n    llama.cpp " +
                                       text_of(expected.loads, expected.message) + "\n    attnx     " +
                                       text_of(ours.loads, reason));
    });
}

// Architectures that do not agree in everything yet, and in how many cases they did when last counted. It shrinks.
std::map<std::string, std::size_t> pending() {
    std::map<std::string, std::size_t> rows;
    std::ifstream in(std::filesystem::path(ATTNX_SOURCE_DIR) / "tests/analysis/loads_pending.txt");
    EXPECT_TRUE(in.is_open());
    std::string name;
    for (std::size_t agreeing = 0; in >> name >> agreeing;) rows.emplace(name, agreeing);
    return rows;
}

std::vector<std::string> with_a_row() {
    std::set<std::string, std::less<>> known;
    for (const model::KnownArchitecture& row : model::known_architectures()) known.emplace(row.name);
    std::vector<std::string> names = load_case_names();
    std::erase_if(names, [&](const std::string& name) { return !known.contains(name); });
    return names;
}

class Architecture : public testing::TestWithParam<std::string> {};

TEST_P(Architecture, agrees) {
    const std::string& name = GetParam();
    Comparison result;
    compare(name, result);
    std::cout << name << ": " << result.counts() << "\n";
    const std::size_t most = std::getenv("ATTNX_LOADS_SHOW") != nullptr ? result.disagreements.size() : 3;
    for (std::size_t i = 0; i < std::min(most, result.disagreements.size()); ++i)
        std::cout << "  " << result.disagreements[i] << "\n";

    const auto floors = pending();
    const auto floor = floors.find(name);
    if (floor == floors.end()) {
        EXPECT_EQ(result.total().agree, result.total().all) << name << " is not among the pending";
    } else {
        EXPECT_GE(result.total().agree, floor->second) << name << " agreed in more before";
    }
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace_if(
        name, [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Loads, Architecture, testing::ValuesIn(with_a_row()), test_name);

TEST(Loads, are_what_llama_cpp_says_of_every_architecture_with_a_row) {
    Comparison result;
    for (const std::string& name : with_a_row()) compare(name, result);
    std::cout << result.counts() << "\n";
    EXPECT_EQ(result.total().agree, result.total().all);
    EXPECT_GE(result.total().all, 17080U);
}

}  // namespace
}  // namespace attnx::test
