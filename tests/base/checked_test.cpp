#include "attnx/base/checked.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "attnx/base/error.h"
#include "support/refusal.h"

namespace attnx {
namespace {

constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();

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
    for (const std::size_t parts : {0, 5})
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
