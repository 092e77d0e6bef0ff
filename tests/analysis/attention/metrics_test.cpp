// A metric is a row; what walks the rows needs no second list. What no walk can write is asked for here.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "attnx/analysis/attention_metrics.h"
#include "support/golden_file.h"
#include "support/paths.h"
#include "support/source_tree.h"

namespace attnx::analysis {
namespace {

TEST(AttentionMetrics, have_names_of_their_own_and_are_explained) {
    std::set<std::string_view> ids, labels;
    for (const AttentionMetric& metric : attention_metrics()) {
        EXPECT_TRUE(std::ranges::all_of(metric.id, [](char c) {
            return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9');
        })) << metric.id;
        EXPECT_TRUE(ids.insert(metric.id).second) << metric.id << " twice";
        EXPECT_TRUE(labels.insert(metric.label).second) << metric.label << " twice";
        EXPECT_FALSE(metric.meaning.empty()) << metric.id;
        EXPECT_FALSE(metric.formula.empty()) << metric.id;
        EXPECT_EQ(&attention_metric(metric.id), &metric);
    }
}

TEST(AttentionMetrics, are_each_tested_in_a_file_of_its_name) {
    for (const AttentionMetric& metric : attention_metrics()) {
        const std::string path = fmt::format("{}/tests/analysis/attention/{}_test.cpp", ATTNX_SOURCE_DIR, metric.id);
        EXPECT_TRUE(std::filesystem::exists(path)) << path << ": what uniform attention gives, and a pattern by hand";
    }
}

// Rewritten from the rows by ATTNX_UPDATE_GOLDEN=1.
TEST(AttentionMetrics, are_the_table_of_the_formulas) {
    const std::string path = ATTNX_SOURCE_DIR "/docs/formulas.md";
    std::string text = test::read_text(path),
                table = "| key | column | unit | is | of query i |\n|---|---|---|---|---|\n";
    for (const AttentionMetric& metric : attention_metrics())
        table += fmt::format("| `{}` | {} | {} | {} | {} |\n", metric.id, metric.label, to_string(metric.unit),
                             metric.meaning, metric.formula);
    const std::size_t first = text.find(table.substr(0, table.find('\n')));
    ASSERT_NE(first, std::string::npos);
    const std::string written = text.substr(first, text.find("\n\n", first) + 1 - first);
    if (test::updating_golden()) std::ofstream(path, std::ios::binary) << text.replace(first, written.size(), table);
    else EXPECT_EQ(written, table) << path;
}

}  // namespace
}  // namespace attnx::analysis
