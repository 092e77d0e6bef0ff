// Every architecture that llama.cpp knows (build b12032, src/llama-arch.cpp, in tests/golden/architectures.txt) has a
// row, a list of tensors and measured values here; what is not executed is told by its mechanism.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "attnx/model/arch.h"
#include "attnx/model/build.h"
#include "attnx/model/graph.h"
#include "support/golden.h"
#include "support/golden_attention.h"
#include "support/model_case.h"

namespace attnx::model {
namespace {

using Names = std::set<std::string>;

Names names_of_the_reference() {
    std::ifstream in(test::golden_dir() / "architectures.txt");
    Names names;
    for (std::string name; in >> name;) names.insert(name);
    return names;
}

// By architecture.
std::map<std::string, std::filesystem::path> cases_by_name() {
    std::map<std::string, std::filesystem::path> cases;
    for (const auto& path : test::cases_in(test::committed_cases())) cases[test::read_case(path).architecture] = path;
    return cases;
}

Names without(const Names& all, const Names& some) {
    Names rest;
    std::ranges::set_difference(all, some, std::inserter(rest, rest.end()));
    return rest;
}

std::string list(const Names& names) {
    std::string text = fmt::format("{}:", names.size());
    for (const std::string& name : names) text += " " + name;
    return text;
}

// llama.cpp names these two and loads neither.
const Names kNotLoaded = {"clip", "gptj"};
// Drafters, whose contexts need their target's.
const Names kDrafters = {"dflash", "eagle3", "gemma4-assistant"};

TEST(Reference, has_no_architecture_without_a_row_or_a_list_of_tensors) {
    const Names reference = names_of_the_reference();
    EXPECT_EQ(reference.size(), 167U);
    Names rows, planned;
    for (const KnownArchitecture& row : known_architectures()) {
        rows.emplace(row.name);
        EXPECT_EQ(!row.unsupported.empty(), kNotLoaded.contains(std::string(row.name))) << row.name;
    }
    for (const auto& [name, path] : cases_by_name()) {
        const test::CaseFile file(path);
        if (build_spec(file.file()).tensors.known) planned.insert(name);
    }
    EXPECT_EQ(without(reference, rows), Names());
    EXPECT_EQ(without(reference, planned), kNotLoaded);
}

TEST(Reference, has_measured_values_for_every_architecture_but_those_that_run_nothing_alone) {
    if (!test::has_shared()) GTEST_SKIP() << "SKIPPED: no ../shared/golden-b12032 beside the checkout";
    Names measured, attention;
    for (const auto& path : test::cases_in(test::shared_dir() / "golden-b12032/architectures"))
        measured.insert(path.stem().string());
    for (const char* folder : {"architectures", "variants"})
        for (const auto& path : test::golden_attention_files(test::shared_dir() / "golden-b12032" / folder))
            attention.insert(test::read_case(path).architecture);
    Names neither = kNotLoaded;
    neither.insert(kDrafters.begin(), kDrafters.end());
    EXPECT_EQ(without(names_of_the_reference(), measured), neither);

    Names executed;
    for (const std::string_view name : executable_architectures()) executed.emplace(name);
    std::cout << "attention measured and not executed " << list(without(attention, executed)) << "\n"
              << "attention not measured " << list(without(measured, attention)) << "\n";
}

}  // namespace
}  // namespace attnx::model
