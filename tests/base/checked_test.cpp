#include "attnx/base/checked.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "attnx/base/error.h"
#include "support/refusal.h"

namespace attnx {
namespace {

constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();

constexpr auto kMost64 = std::numeric_limits<std::uint64_t>::max();

TEST(Checked, sums_and_products_are_there_when_they_fit) {
    EXPECT_EQ(checked_add<std::uint64_t>(kMost64 - 1, 1), kMost64);
    EXPECT_EQ(checked_add<std::uint64_t>(kMost64, 1), std::nullopt);
    EXPECT_EQ(checked_add<std::uint8_t>(200, 55), 255);
    EXPECT_EQ(checked_add<std::uint8_t>(200, 56), std::nullopt);
    EXPECT_EQ(checked_multiply<std::uint64_t>(1ull << 32, 1ull << 31), 1ull << 63);
    EXPECT_EQ(checked_multiply<std::uint64_t>(1ull << 32, 1ull << 32), std::nullopt);
    EXPECT_EQ(checked_multiply<std::uint64_t>(kMost64, 0), 0u);
}

TEST(Checked, alignment_rounds_up_where_there_is_room) {
    EXPECT_EQ(checked_align(0, 32), 0u);
    EXPECT_EQ(checked_align(1, 32), 32u);
    EXPECT_EQ(checked_align(32, 32), 32u);
    EXPECT_EQ(checked_align(33, 3), 33u);
    EXPECT_EQ(checked_align(kMost64 - 31, 32), kMost64 - 31) << "a multiple of 32: 2^64 - 32";
    EXPECT_EQ(checked_align(kMost64 - 30, 32), std::nullopt);
    EXPECT_EQ(align_up(257, 256), 512u);
    EXPECT_EQ(align_up(256, 256), 256u);
}

TEST(Checked, a_number_is_narrowed_only_to_itself) {
    EXPECT_EQ(checked_narrow<std::uint8_t>(255), 255);
    EXPECT_EQ(checked_narrow<std::uint8_t>(256), std::nullopt);
    EXPECT_EQ(checked_narrow<std::uint8_t>(-1), std::nullopt);
    EXPECT_EQ(checked_narrow<std::int8_t>(-128), -128);
    EXPECT_EQ(checked_narrow<std::int8_t>(-129), std::nullopt);
    EXPECT_EQ(checked_narrow<std::int8_t>(128u), std::nullopt);
    EXPECT_EQ(checked_narrow<std::int64_t>(kMost64), std::nullopt);
    EXPECT_EQ(checked_narrow<std::uint32_t>(std::int64_t{1} << 32), std::nullopt);
    EXPECT_EQ(checked_narrow<std::uint32_t>((std::int64_t{1} << 32) - 1), 0xffffffffu);
}

TEST(Checked, a_subspan_lies_inside) {
    const std::array<std::byte, 4> bytes{};
    EXPECT_EQ(checked_subspan(bytes, 1, 3)->size(), 3u);
    EXPECT_EQ(checked_subspan(bytes, 1, 3)->data(), bytes.data() + 1);
    EXPECT_TRUE(checked_subspan(bytes, 4, 0)->empty());
    for (const auto& [offset, length] :
         {std::pair<std::uint64_t, std::uint64_t>{5, 0}, {2, 3}, {kMost64, 2}, {1, kMost64}})
        EXPECT_FALSE(checked_subspan(bytes, offset, length).has_value()) << offset << " " << length;
}

TEST(Checked, products_that_do_not_fit_are_refused) {
    EXPECT_EQ(product({}, "nothing"), 1U);
    EXPECT_EQ(product({3, 5, 7}, "heads"), 105U);
    EXPECT_EQ(product({kMost, 1}, "heads"), kMost);
    test::expect_refusal(test::refusal_of([] {
                             (void)product({kMost / 2, 3}, "states of a layer");
                         }),
                         ErrorCode::overflow, "states of a layer");
}

TEST(Checked, only_what_comes_out_whole_is_shared_out) {
    EXPECT_EQ(share(12, 4, "heads"), 3U);
    EXPECT_EQ(share(0, 4, "heads"), 0U);
    for (const std::size_t parts : {0U, 5U})
        test::expect_refusal(test::refusal_of([&] { (void)share(12, parts, "experts over chunks"); }),
                             ErrorCode::bad_value, "experts over chunks");
}

TEST(Checked, parts_lie_inside) {
    std::array<int, 4> numbers{1, 2, 3, 4};
    EXPECT_EQ(part(std::span<int>(numbers), 1, 3, "numbers")[2], 4);
    EXPECT_TRUE(part(std::span<int>(numbers), 4, 0, "numbers").empty());
    for (const auto& [first, count] : {std::pair<std::size_t, std::size_t>{5, 0}, {2, 3}, {kMost, 2}, {1, kMost}})
        test::expect_refusal(
            test::refusal_of([&, f = first, c = count] { (void)part(std::span<int>(numbers), f, c, "numbers"); }),
            ErrorCode::bad_dimensions, "numbers");
}

TEST(Checked, sums_that_are_only_compared_stop_at_the_most) {
    EXPECT_EQ(add_up(2, 3), 5U);
    EXPECT_EQ(add_up(kMost, 1), kMost);
    EXPECT_EQ(times(kMost, 2), kMost);
}

}  // namespace
}  // namespace attnx
