#include "attnx/base/units.h"

#include <gtest/gtest.h>

namespace attnx {
namespace {

TEST(FormatBytes, keeps_three_digits_in_the_largest_unit) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1023), "1023 B");
    EXPECT_EQ(format_bytes(23'040), "22.5 KiB");
    EXPECT_EQ(format_bytes(47'185'920), "45.0 MiB");
    EXPECT_EQ(format_bytes(1'610'612'736), "1.50 GiB");
}

TEST(FormatGrouped, puts_a_comma_every_three_digits) {
    EXPECT_EQ(format_grouped(0), "0");
    EXPECT_EQ(format_grouped(999), "999");
    EXPECT_EQ(format_grouped(47'185'920), "47,185,920");
}

TEST(FormatCount, is_exact_while_it_is_short) {
    EXPECT_EQ(format_count(9'999), "9999");
    EXPECT_EQ(format_count(134'515'008), "135 M");
}

TEST(ParseTokens, takes_binary_suffixes) {
    EXPECT_EQ(parse_tokens("4096"), 4096u);
    EXPECT_EQ(parse_tokens("8k"), 8192u);
    EXPECT_EQ(parse_tokens("128K"), 131072u);
    EXPECT_EQ(parse_tokens("1M"), 1048576u);
    EXPECT_EQ(parse_tokens("1.5k"), 1536u);
}

TEST(ParseTokens, refuses_what_is_not_a_number_of_tokens) {
    for (const char* text : {"", "k", "-1", "8kk", "0x10", "1.5", "99999999999999999999", "8 parsecs"})
        EXPECT_FALSE(parse_tokens(text)) << text;
}

TEST(ParseBytes, tells_binary_from_decimal) {
    EXPECT_EQ(parse_bytes("24GiB"), 24ull << 30);
    EXPECT_EQ(parse_bytes("24GB"), 24'000'000'000u);
    EXPECT_EQ(parse_bytes("24g"), 24ull << 30);
    EXPECT_EQ(parse_bytes("1.5 GiB"), 3ull << 29);
    EXPECT_FALSE(parse_bytes("24XB"));
    EXPECT_FALSE(parse_bytes("99999999TiB"));
}

}  // namespace
}  // namespace attnx
