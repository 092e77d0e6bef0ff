#include <gtest/gtest.h>

#include "patterns.h"

namespace attnx::analysis {
namespace {

TEST(Delimiter, of_uniform_attention_is_the_mean_over_queries_from_the_first_one_on) {
    const std::vector<std::uint32_t> one = {2}, two = {2, 5};
    EXPECT_NEAR(value(uniform_metrics({16, {}, one, 0}, {}), "delimiter"), (harmonic(16) - harmonic(2)) / 14, 1e-6);
    EXPECT_NEAR(value(uniform_metrics({16, {}, two, 0}, {}), "delimiter"),
                (2 * harmonic(16) - harmonic(2) - harmonic(5)) / 14, 1e-6);
    EXPECT_EQ(value(uniform(16), "delimiter"), -1) << "there is none";
}

TEST(Delimiter, is_the_weight_on_them_together) {
    const std::vector<std::uint32_t> places = {1, 2};
    const HeadMetrics head = metrics_of({{1}, {.5f, .5f}, {.2f, .3f, .5f}, {.1f, .15f, .5f, .25f}}, {4, {}, places, 0});
    EXPECT_NEAR(value(head, "delimiter"), (.5 + .8 + .65) / 3, 1e-6);
}

}  // namespace
}  // namespace attnx::analysis
