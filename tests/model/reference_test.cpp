// Every architecture that llama.cpp knows (build b12032, src/llama-arch.cpp, in tests/golden/architectures.txt) has a
// row, a list of tensors and measured values here; what is not executed is told by its mechanism.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>

#include "attnx/model/arch.h"
#include "attnx/model/build.h"
#include "attnx/model/graph.h"
#include "attnx/model/reference.h"
#include "support/golden.h"
#include "support/golden_attention.h"
#include "support/model_case.h"
#include "support/paths.h"

namespace attnx::model {
namespace {

using Names = std::set<std::string>;

Names names_of_the_reference() {
    std::ifstream in(ATTNX_SOURCE_DIR "/tests/golden/architectures.txt");
    Names names;
    for (std::string name; in >> name;) names.insert(name);
    return names;
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

struct Held {
    Names rows, planned, measured, verdicts, attention, executed;
};

Held held() {
    Held all;
    for (const KnownArchitecture& row : known_architectures()) all.rows.emplace(row.name);
    for (const std::string_view name : executable_architectures()) all.executed.emplace(name);
    for (const auto& path : test::golden_files("architectures")) {
        const test::ModelCase one = test::read_case(path);
        if (one.source.empty()) all.measured.insert(one.architecture);
        const test::CaseFile file(path);
        if (build_spec(file.file()).tensors.known) all.planned.insert(one.architecture);
    }
    for (const auto& path : test::golden_files("loads")) all.verdicts.insert(path.stem().string());
    for (const char* kind : {"architectures", "variants"})
        for (const auto& path : test::golden_attention_files(kind))
            all.attention.insert(test::read_case(path).architecture);
    return all;
}

// What the next build of llama.cpp brings is named here first (docs/following-llama-cpp.md).
TEST(Reference, has_no_architecture_without_a_row_a_list_of_tensors_and_measured_values) {
    const Names reference = names_of_the_reference();
    const Held all = held();
    std::cout << reference.size() << " architectures of llama.cpp " << kLlamaCppBuild << "; of these without\n"
              << "  a row " << list(without(reference, all.rows)) << "\n"
              << "  a list of tensors " << list(without(reference, all.planned)) << "\n"
              << "  measured geometry and memory " << list(without(reference, all.measured)) << "\n"
              << "  verdicts on files with a fault " << list(without(reference, all.verdicts)) << "\n"
              << "  measured attention " << list(without(reference, all.attention)) << "\n"
              << "attention measured and not executed " << list(without(all.attention, all.executed)) << "\n";
    EXPECT_GE(reference.size(), 167U);
    EXPECT_GE(all.measured.size(), 162U);
    EXPECT_EQ(without(reference, all.rows), Names());
    EXPECT_EQ(without(reference, all.planned), kNotLoaded);
    Names alone = kNotLoaded;
    alone.insert(kDrafters.begin(), kDrafters.end());
    EXPECT_EQ(without(reference, all.measured), alone);
    EXPECT_EQ(without(reference, all.verdicts), alone);
    for (const KnownArchitecture& row : known_architectures())
        EXPECT_EQ(!row.unsupported.empty(), kNotLoaded.contains(std::string(row.name))) << row.name;
}

}  // namespace
}  // namespace attnx::model
