#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(Missing, is_what_rows_lack_to_1) {
    EXPECT_NEAR(value(metrics_of({{.5f}, {.25f, .5f}}), "missing"), (.5 + .25) / 2, 1e-6);
    EXPECT_NEAR(value(uniform(16), "missing"), 0.0, 1e-6);
}

}  // namespace
}  // namespace attnx::analysis
