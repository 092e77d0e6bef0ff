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

std::string folded_alike(std::vector<std::uint32_t> numbers) { return fold_alike(numbers); }
std::string folded(std::vector<std::uint32_t> numbers) { return fold_numbers(numbers); }

TEST(FoldNumbers, joins_neighbours_into_runs) {
    EXPECT_EQ(folded({}), "");
    EXPECT_EQ(folded({7}), "7");
    EXPECT_EQ(folded({0, 1, 2, 3, 4, 6, 7, 10}), "0-4,6-7,10");
}

TEST(FoldAlike, shortens_four_runs_and_more_that_are_alike) {
    EXPECT_EQ(folded_alike({0, 2, 4}), "0,2,4");
    EXPECT_EQ(folded_alike({0, 2, 4, 6}), "0,2,…,6");
    EXPECT_EQ(folded_alike({0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14}), "0-2,4-6,…,12-14");
    EXPECT_EQ(folded_alike({3, 5, 7, 9, 11, 20, 21}), "3,5,…,11,20-21");
}

// The ends of a shortened stretch and its step give back every layer of it.
TEST(FoldAlike, shortens_only_runs_of_one_length_and_distance) {
    EXPECT_EQ(folded_alike({0, 2, 5, 7}), "0,2,5,7");
    EXPECT_EQ(folded_alike({0, 2, 4, 6, 7}), "0,2,4,6-7");
    EXPECT_EQ(folded_alike({0, 4, 6, 8, 10, 12}), "0,4,6,…,12");
}

}  // namespace
}  // namespace attnx
