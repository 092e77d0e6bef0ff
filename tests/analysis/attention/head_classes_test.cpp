#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include <fmt/format.h>

#include "attnx/analysis/head_classes.h"
#include "patterns.h"
#include "support/golden_file.h"
#include "support/paths.h"
#include "support/source_tree.h"

namespace attnx::analysis {
namespace {

TEST(HeadClasses, are_told_by_metrics_that_there_are) {
    std::set<std::string_view> ids;
    for (const HeadClass& row : head_classes()) {
        EXPECT_TRUE(ids.insert(row.id).second) << row.id << " twice";
        EXPECT_NO_THROW(attention_metric(row.metric)) << row.id;
        EXPECT_FALSE(row.meaning.empty()) << row.id;
        EXPECT_EQ(find_head_class(row.id), &row);
    }
    EXPECT_EQ(find_head_class("clever"), nullptr);
}

TEST(HeadClasses, ask_for_the_threshold_and_for_three_times_uniform_attention) {
    const HeadClass& previous = *find_head_class("previous");
    EXPECT_TRUE(is_of(previous, .4, .4, .1));
    EXPECT_FALSE(is_of(previous, .4, .39, .1)) << "below the threshold";
    EXPECT_TRUE(is_of(previous, .4, .6, .19));
    EXPECT_FALSE(is_of(previous, .4, .6, .21)) << "less than three times";
    EXPECT_TRUE(is_of(previous, .2, .39, .1)) << "another threshold";
    EXPECT_FALSE(is_of(previous, .4, std::nullopt, .1));
    EXPECT_FALSE(is_of(previous, .4, 1.0, std::nullopt));
}

TEST(HeadClasses, take_uniform_heads_for_uniform_and_for_nothing_else) {
    for (const HeadClass& row : head_classes()) {
        const double score = value(uniform_on(repeated(50), 50), row.metric);
        EXPECT_EQ(is_of(row, row.threshold, score, score), row.id == "uniform") << row.id;
    }
}

// Rewritten from the rows by ATTNX_UPDATE_GOLDEN=1.
TEST(HeadClasses, are_the_table_of_the_formulas) {
    const std::string path = ATTNX_SOURCE_DIR "/docs/formulas.md";
    std::string text = test::read_text(path),
                table = "| class | attends to | metric | from | told by |\n|---|---|---|---|---|\n";
    for (const HeadClass& row : head_classes())
        table += fmt::format("| `{}` | {} | `{}` | {} | {} |\n", row.id, row.meaning, row.metric, row.threshold,
                             row.told_by == ToldBy::either  ? "either"
                             : row.told_by == ToldBy::probe ? "probes"
                                                            : "text");
    const std::size_t first = text.find(table.substr(0, table.find('\n')));
    ASSERT_NE(first, std::string::npos);
    const std::string written = text.substr(first, text.find("\n\n", first) + 1 - first);
    if (test::updating_golden()) std::ofstream(path, std::ios::binary) << text.replace(first, written.size(), table);
    else EXPECT_EQ(written, table) << path;
}

}  // namespace
}  // namespace attnx::analysis
