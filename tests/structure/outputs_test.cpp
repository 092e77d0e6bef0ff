// What an output is called stands in the table of outputs and nowhere else.
#include "attnx/view/outputs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/source_tree.h"

namespace attnx::test {
namespace {

TEST(Outputs, are_named_in_their_table_only) {
    for (const SourceFile& file : source_files({"src", "include"})) {
        if (file.path == "src/view/outputs.cpp") continue;
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            for (const std::string& literal : string_literals(file.lines[i]))
                for (const view::OutputRow& row : view::outputs())
                    EXPECT_FALSE(literal == row.name || literal == row.ending)
                        << file.path << ":" << i + 1 << ": ask the row of " << row.name << " instead of naming it";
    }
}

}  // namespace
}  // namespace attnx::test
