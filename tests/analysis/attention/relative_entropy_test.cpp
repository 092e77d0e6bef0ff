#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

// Equal weights are the most that a row can have, whatever the mask.
TEST(RelativeEntropy, of_equal_weights_is_1_whatever_the_mask) {
    for (const bool causal : {true, false})
        for (const auto type : {model::WindowType::none, model::WindowType::standard, model::WindowType::symmetric})
            EXPECT_NEAR(value(uniform_metrics({9, {}}, {causal, {type, 4}}), "relative_entropy"), 1.0, 1e-6)
                << to_string(type) << " causal " << causal;
}

TEST(RelativeEntropy, leaves_out_rows_that_see_one_key) {
    EXPECT_NEAR(value(metrics_of({{1}, {.5f, .5f}}), "relative_entropy"), 1.0, 1e-6);
    EXPECT_EQ(value(metrics_of({{1}}), "relative_entropy"), -1) << "there is no other";
}

}  // namespace
}  // namespace attnx::analysis
