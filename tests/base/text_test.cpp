#include "attnx/base/text.h"

#include <gtest/gtest.h>

namespace attnx {
namespace {

TEST(Printable, makes_controls_visible_and_keeps_letters) {
    EXPECT_EQ(printable("plain – ünïcode 漢"), "plain – ünïcode 漢");
    EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7f"), "a\\nb\\tc\\x1b[31m\\x7f");
    EXPECT_EQ(printable("\xC2\x9B"
                        "31m"),
              "\\x9b31m");  // C1 CSI
    EXPECT_EQ(printable("a\xE2\x80\xAE"
                        "b"),
              "a\\u202eb");  // right-to-left override
    EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(ToValidUtf8, replaces_each_ill_formed_byte) {
    EXPECT_EQ(to_valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(to_valid_utf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
    EXPECT_EQ(to_valid_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
    EXPECT_EQ(to_valid_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // cut short
    EXPECT_TRUE(is_valid_utf8(to_valid_utf8("\xF5\x80\x80\x80\xFE")));
}

TEST(FoldNumbers, joins_runs) {
    const auto folded = [](std::vector<std::uint32_t> numbers) { return fold_numbers(numbers); };
    EXPECT_EQ(folded({}), "");
    EXPECT_EQ(folded({7}), "7");
    EXPECT_EQ(folded({0, 1, 2, 3, 4, 6, 8, 9}), "0-4,6,8-9");
}

}  // namespace
}  // namespace attnx
