#include "attnx/text/delimiter.h"

#include <gtest/gtest.h>

namespace attnx::text {
namespace {

TEST(Delimiter, is_punctuation_or_a_line_break_and_spaces) {
    for (const char* piece : {".", " ,", "...", "\n", "\n\n", " \r\n", "?\"", "(", "\u3002", "\u2014", "-"})
        EXPECT_TRUE(is_delimiter(piece)) << piece;
}

TEST(Delimiter, is_nothing_that_says_something) {
    for (const char* piece : {"", " ", "\t", "a", ".a", "'s", "<s>", "<0x0A>", "1", "$", "+", "\xE2\x80", "#5"})
        EXPECT_FALSE(is_delimiter(piece)) << piece;
}

}  // namespace
}  // namespace attnx::text
