// Slugs are what scripts and documentation refer to.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "attnx/base/error.h"
#include "attnx/base/findings.h"

namespace attnx::test {
namespace {

bool is_kebab_case(std::string_view slug) {
    return !slug.empty() && slug.front() != '-' && slug.back() != '-' &&
           std::all_of(slug.begin(), slug.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

template <class Rows>
void expect_good_slugs(const Rows& rows) {
    std::set<std::string_view> seen;
    for (const auto& row : rows) {
        EXPECT_TRUE(is_kebab_case(row.slug)) << row.slug;
        EXPECT_TRUE(seen.insert(row.slug).second) << row.slug << " twice";
        EXPECT_FALSE(row.phrase.empty()) << row.slug;
    }
}

TEST(ErrorSlugs, are_unique_and_explained) { expect_good_slugs(error_table()); }
TEST(FindingSlugs, are_unique_and_explained) { expect_good_slugs(finding_table()); }

}  // namespace
}  // namespace attnx::test
