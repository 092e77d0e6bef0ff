#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(Entropy, of_a_row_spread_over_n_keys_is_ln_n) {
    for (const std::uint32_t tokens : kLengths) {
        double sum = 0;
        for (std::uint32_t n = 1; n <= tokens; ++n) sum += std::log(n);
        EXPECT_NEAR(value(uniform(tokens), "entropy"), sum / tokens, 1e-6);
    }
}

// Row 2 of the demo: .2 ln 5 + .3 ln(10/3) + .5 ln 2; row 3: .1 ln 10 + .15 ln(20/3) + .5 ln 2 + .25 ln 4.
TEST(Entropy, of_the_demo_pattern_is_as_worked_out_by_hand) {
    constexpr double ln2 = std::numbers::ln2;
    const double row2 = .2 * std::log(5.0) + .3 * std::log(10.0 / 3) + .5 * ln2;
    const double row3 = .1 * std::log(10.0) + .15 * std::log(20.0 / 3) + .5 * ln2 + .25 * std::log(4.0);
    EXPECT_NEAR(value(demo_pattern(), "entropy"), (0 + ln2 + row2 + row3) / 4, 1e-6);
}

}  // namespace
}  // namespace attnx::analysis
