// Every architecture: geometry of each layer, memory of each configuration, and no warning that the model
// does not deserve. One test per architecture, from tests/model/arch/cases; and all of
// ../shared/golden/architectures when that is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "attnx/analysis/kv_cost.h"
#include "attnx/base/error.h"
#include "attnx/model/arch.h"
#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/model_case.h"

namespace attnx {
namespace {

using test::ModelCase;

void expect_geometry(const ModelCase& expected, const model::ModelSpec& spec) {
    EXPECT_EQ(spec.layer_count, expected.layer_count);
    EXPECT_EQ(spec.layer_count_all, expected.layer_count_all);
    EXPECT_EQ(spec.context_length, expected.context_length);
    EXPECT_EQ(spec.embedding_length, expected.embedding_length);
    EXPECT_EQ(spec.memory.causal, expected.causal) << "llama.cpp's hyper-parameter";
    EXPECT_TRUE(expected.causal || !spec.causal);
    EXPECT_EQ(spec.mla, expected.mla);
    EXPECT_EQ(to_string(spec.rope.type), expected.rope_type);
    EXPECT_EQ(to_string(spec.window.type), expected.window_type);
    EXPECT_EQ(spec.window.size, expected.window);
    ASSERT_EQ(spec.layers.size(), expected.layers.size());
    for (std::size_t i = 0; i < spec.layers.size(); ++i) {
        SCOPED_TRACE("layer " + std::to_string(i));
        const model::LayerSpec& layer = spec.layers[i];
        EXPECT_EQ(layer.index, i);
        EXPECT_EQ(layer.head_count, expected.layers[i].head_count);
        EXPECT_EQ(layer.head_count_kv, expected.layers[i].head_count_kv);
        EXPECT_EQ(layer.head_dim_k, expected.layers[i].head_dim_k);
        EXPECT_EQ(layer.head_dim_v, expected.layers[i].head_dim_v);
        EXPECT_EQ(layer.rope_dimensions, expected.layers[i].rope_dimensions);
        EXPECT_EQ(layer.sliding, expected.layers[i].sliding);
        EXPECT_EQ(layer.recurrent, expected.layers[i].recurrent);
        EXPECT_EQ(layer.has_kv, expected.layers[i].has_kv);
    }
}

void expect_memory(const ModelCase& expected, const model::ModelSpec& spec) {
    for (const test::ExpectedMemory& row : expected.memory) {
        SCOPED_TRACE(row.text);
        try {
            const analysis::KvCost cost = analysis::kv_cost(spec, row.params);
            ASSERT_TRUE(row.bytes) << "not refused";
            EXPECT_EQ(cost.total_bytes, *row.bytes);
            EXPECT_EQ(cost.context_allocated, row.context_allocated);
            std::uint64_t by_layer = 0;
            for (const analysis::LayerCost& layer : cost.layers)
                by_layer += layer.key_bytes + layer.value_bytes + layer.state_bytes;
            EXPECT_EQ(by_layer, cost.total_bytes);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::refused);
            EXPECT_FALSE(row.bytes) << error.what();
        }
    }
}

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
    expect_geometry(expected, spec);
    expect_memory(expected, spec);
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

INSTANTIATE_TEST_SUITE_P(Case, Architecture, testing::ValuesIn(test::cases_in(test::committed_cases())), test_name);

TEST(Architectures, have_one_row_and_one_case_each) {
    std::set<std::string> cases, rows;
    for (const auto& path : test::cases_in(test::committed_cases()))
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
    for (const auto& path : test::cases_in(test::committed_cases())) {
        const test::CaseFile file(path);
        const model::ModelSpec spec = model::build_spec(file.file());
        if (spec.memory.causal && !spec.causal) found.insert(spec.architecture);
    }
    EXPECT_EQ(found, (std::set<std::string>{"bert", "eurobert", "jina-bert-v2", "jina-bert-v3", "modern-bert",
                                            "neo-bert", "nomic-bert", "nomic-bert-moe", "t5encoder"}));
}

// Cases that say where their numbers come from could not be measured.
std::set<std::string> measured_cases() {
    std::set<std::string> names;
    for (const auto& path : test::cases_in(test::committed_cases()))
        if (const ModelCase each = test::read_case(path); each.source.empty()) names.insert(each.architecture);
    return names;
}

TEST(Architectures, all_golden_models_agree) {
    if (!test::has_shared()) GTEST_SKIP() << "SKIPPED: no ../shared/golden beside the checkout";
    std::set<std::string> names;
    for (const auto& path : test::cases_in(test::shared_dir() / "golden/architectures")) {
        check(path);
        names.insert(test::read_case(path).architecture);
    }
    EXPECT_EQ(names, measured_cases());
}

TEST(Architectures, all_golden_variants_agree_in_geometry) {
    if (!test::has_shared()) GTEST_SKIP() << "SKIPPED: no ../shared/golden beside the checkout";
    const auto paths = test::cases_in(test::shared_dir() / "golden/variants");
    const std::set<std::string> known = measured_cases();
    EXPECT_FALSE(paths.empty());
    for (const auto& path : paths) {
        check(path);
        EXPECT_TRUE(known.contains(test::read_case(path).architecture)) << path;
    }
}

}  // namespace
}  // namespace attnx
