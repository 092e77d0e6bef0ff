#include "attnx/base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace attnx {
namespace {

TEST(Error, says_where_what_and_which_in_one_line) {
    EXPECT_STREQ(Error(ErrorCode::usage, "no").what(), "no [usage]");
    EXPECT_STREQ(Error(ErrorCode::truncated, "it ends", {"m.gguf", 24, "a.key"}).what(),
                 "m.gguf: byte 24: it ends [truncated]");
    EXPECT_STREQ(Error(ErrorCode::cannot_open, "no such file", {"m.gguf", {}, {}}).what(),
                 "m.gguf: no such file [cannot-open]");
    EXPECT_STREQ(Error(ErrorCode::bad_key, "it is empty", {{}, 0, {}}).what(), "byte 0: it is empty [bad-key]");
}

// A path, a key or a tensor's name may hold anything; a terminal is shown none of it.
TEST(Error, lets_no_control_character_through) {
    const Error error(ErrorCode::bad_key, "key a\nb\x1b[31m \xe2\x80\xaex", {"dir/\r\x07.gguf", {}, "a\nb"});
    EXPECT_EQ(error.message(), "key a\\nb\\x1b[31m \\u202ex");
    EXPECT_STREQ(error.what(), "dir/\\r\\x07.gguf: key a\\nb\\x1b[31m \\u202ex [bad-key]");
    EXPECT_EQ(error.where().path, "dir/\r\x07.gguf") << "programs get it as it is";
    EXPECT_EQ(error.where().name, "a\nb");
}

TEST(ErrorTable, has_a_slug_of_its_own_and_a_phrase_for_every_code) {
    std::set<std::string_view> slugs;
    for (const ErrorRow& row : error_table()) {
        EXPECT_EQ(slug(row.code), row.slug);
        EXPECT_TRUE(slugs.insert(row.slug).second) << row.slug;
        EXPECT_FALSE(row.slug.empty() || row.phrase.empty());
        EXPECT_TRUE(std::all_of(row.slug.begin(), row.slug.end(), [](char c) {
            return c == '-' || (c >= 'a' && c <= 'z');
        })) << row.slug;
        EXPECT_NE(row.phrase.back(), '.') << row.phrase << ": it stands in a table and before a full stop";
    }
}

}  // namespace
}  // namespace attnx
