// A token's bytes as people see them: one line, nothing hidden, nothing that a terminal obeys.
#include <gtest/gtest.h>

#include "attnx/view/token.h"

namespace attnx::view {
namespace {

TEST(VisibleToken, shows_blanks_line_ends_and_halves_of_characters) {
    EXPECT_EQ(visible_token(""), "");
    EXPECT_EQ(visible_token(" the"), "·the");
    EXPECT_EQ(visible_token("\n\n"), "⏎⏎");
    EXPECT_EQ(visible_token("漢é"), "漢é");
    EXPECT_EQ(visible_token("\xe6\xbc"), "<0xE6><0xBC>") << "the first two bytes of 漢";
    EXPECT_EQ(visible_token("a\xffz"), "a<0xFF>z");
    EXPECT_EQ(visible_token("\xf0\x9f\x98\x80\xf0"), "😀<0xF0>");
}

TEST(VisibleToken, lets_no_control_character_through) {
    EXPECT_EQ(visible_token("\t\x1b[31m\x7f"), "\\t\\x1b[31m\\x7f");
    EXPECT_EQ(visible_token("\xe2\x80\xae"), "\\u202e");
    EXPECT_EQ(visible_token(std::string_view("\0", 1)), "\\x00");
}

}  // namespace
}  // namespace attnx::view
