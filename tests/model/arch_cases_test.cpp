// Every architecture: geometry of each layer, memory of each configuration, and no warning that the model
// does not deserve. One test per architecture, and the figures of all that was measured.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "attnx/model/arch.h"
#include "attnx/model/build.h"
#include "support/case_agreement.h"
#include "support/golden.h"
#include "support/model_case.h"

namespace attnx {
namespace {

using test::ModelCase;

void expect_findings(const ModelCase& expected, const Findings& findings) {
    std::set<std::string_view> wanted(expected.findings.begin(), expected.findings.end()), found;
    for (const Finding& finding : findings) {
        if (row(finding.id).severity == Severity::info) continue;
        found.insert(row(finding.id).slug);
        EXPECT_TRUE(wanted.contains(row(finding.id).slug)) << row(finding.id).slug << ": " << finding.message;
    }
    for (const std::string_view id : wanted) EXPECT_TRUE(found.contains(id)) << id;
}

void check(const std::filesystem::path& json) {
    SCOPED_TRACE(json.string());
    const ModelCase expected = test::read_case(json);
    const test::CaseFile file(json);
    const model::ModelSpec spec = model::build_spec(file.file());
    EXPECT_EQ(spec.architecture, expected.architecture);
    EXPECT_EQ(spec.support, model::Support::known);
    EXPECT_FALSE(spec.title.empty());
    for (const test::Agreement& part : {test::compare_geometry(expected, spec), test::compare_memory(expected, spec)})
        for (const std::string& difference : part.differences) ADD_FAILURE() << difference;
    expect_findings(expected, spec.findings);
    expect_findings({}, model::cross_check(spec, file.file()));
}

class Architecture : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Architecture, has_the_geometry_and_memory_of_llama_cpp) { check(GetParam()); }

std::string test_name(const testing::TestParamInfo<std::filesystem::path>& info) {
    std::string name = info.param.stem().string();
    std::ranges::replace(name, '-', '_');
    std::ranges::replace(name, '.', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Case, Architecture, testing::ValuesIn(test::golden_files("architectures")), test_name);

TEST(Architectures, have_one_row_and_one_case_each) {
    std::set<std::string> cases, rows;
    for (const auto& path : test::golden_files("architectures"))
        EXPECT_TRUE(cases.insert(test::read_case(path).architecture).second);
    for (const model::KnownArchitecture& row : model::known_architectures()) {
        EXPECT_TRUE(rows.insert(std::string(row.name)).second) << row.name << " has two rows";
        EXPECT_FALSE(row.title.empty()) << row.name;
    }
    EXPECT_EQ(rows, cases);
}

// llama.cpp keeps what their keys say and runs them as encoders, without a mask.
TEST(Architectures, run_without_a_mask_though_their_key_allows_one_are_these) {
    std::set<std::string> found;
    for (const auto& path : test::golden_files("architectures")) {
        const test::CaseFile file(path);
        const model::ModelSpec spec = model::build_spec(file.file());
        if (spec.memory.causal && !spec.causal) found.insert(spec.architecture);
    }
    EXPECT_EQ(found, (std::set<std::string>{"bert", "eurobert", "jina-bert-v2", "jina-bert-v3", "modern-bert",
                                            "neo-bert", "nomic-bert", "nomic-bert-moe", "t5encoder"}));
}

// Of every architecture. ATTNX_GOLDEN_SHOW=1 prints what differs.
void check_golden(const std::string& kind, std::size_t least_geometry, std::size_t least_memory) {
    const bool show = std::getenv("ATTNX_GOLDEN_SHOW") != nullptr;
    test::Agreement geometry, memory;
    for (const auto& path : test::golden_files(kind)) {
        const ModelCase expected = test::read_case(path);
        if (!expected.source.empty()) continue;  // not measured
        const test::CaseFile file(path);
        const model::ModelSpec spec = model::build_spec(file.file());
        const test::Agreement layers = test::compare_geometry(expected, spec);
        const test::Agreement bytes = test::compare_memory(expected, spec);
        if (layers.agree != layers.all || bytes.agree != bytes.all) {
            std::cout << path.stem().string() << ": geometry " << layers.agree << "/" << layers.all << ", memory "
                      << bytes.agree << "/" << bytes.all << "\n";
            for (const test::Agreement* part : {&layers, &bytes})
                for (std::size_t i = 0; i < part->differences.size() && (show || i < 2); ++i)
                    std::cout << "    " << part->differences[i] << "\n";
        }
        geometry.add(layers);
        memory.add(bytes);
        expect_findings({}, model::cross_check(spec, file.file()));
    }
    std::cout << kind << ": geometry " << geometry.agree << "/" << geometry.all << ", memory " << memory.agree << "/"
              << memory.all << "\n";
    EXPECT_EQ(geometry.agree, geometry.all);
    EXPECT_EQ(memory.agree, memory.all);
    EXPECT_GE(geometry.all, least_geometry);
    EXPECT_GE(memory.all, least_memory);
}

TEST(GoldenModels, have_the_geometry_and_memory_that_llama_cpp_gives_them) { check_golden("architectures", 162, 3563); }

TEST(GoldenModels, of_real_head_sizes_and_draft_contexts_have_the_memory_that_llama_cpp_gives_them) {
    check_golden("kv-realistic", 86, 2910);
}

TEST(GoldenModels, varied_have_the_geometry_that_llama_cpp_gives_them) { check_golden("variants", 389, 0); }

}  // namespace
}  // namespace attnx
