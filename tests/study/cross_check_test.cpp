// Every figure of a head, worked out once more from the whole map, as its definition says.
#include <gtest/gtest.h>

#include "attnx/model/build.h"
#include "attnx/study/attend.h"
#include "support/attention_definitions.h"
#include "support/sample.h"

namespace attnx::study {
namespace {

TEST(CrossCheck, every_metric_is_what_the_whole_map_says) {
    const auto file = gguf::File::open(test::kSample);
    const auto spec = model::build_spec(file);
    const Prompt prompt = prompt_of_text(
        file, spec, "the cat sat on the mat. the dog ran to the red sun, and the cat was in the sea of tea.");
    const Attended answer = attend(file, spec, prompt, {.maps = {0, 1, 2, 3}});
    const std::vector<std::uint32_t> delimiters = delimiters_of(answer.tokens);
    ASSERT_EQ(delimiters.size(), 3u);
    ASSERT_GT(answer.tokens.size(), 20u) << "more than the window";
    for (const auto& [layer, heads] : answer.metrics)
        for (std::uint32_t head = 0; head < heads.size(); ++head) {
            const test::Whole whole{answer.maps.at(layer), head, prompt.ids, delimiters, layer >= 2 ? 16u : 0u};
            for (const analysis::AttentionMetric& metric : analysis::attention_metrics()) {
                const auto definition = test::kDefinitions.find(metric.id);
                ASSERT_NE(definition, test::kDefinitions.end()) << metric.id << " has no second definition here";
                EXPECT_NEAR(heads[head].value(metric).value_or(-1), definition->second(whole), 1e-6)
                    << metric.id << " of " << layer << "." << head;
            }
        }
}

// docs/known-answers.md: of rows that sum to 1, the mean below the diagonal says what the diagonal does.
TEST(CrossCheck, the_mean_below_the_diagonal_is_two_times_the_rest_of_self_over_the_tokens) {
    const auto file = gguf::File::open(test::kSample);
    const auto spec = model::build_spec(file);
    const Attended answer =
        attend(file, spec, prompt_of_text(file, spec, "the cat sat on the mat"), {.maps = {0, 1, 2, 3}});
    const double tokens = static_cast<double>(answer.tokens.size());
    for (const auto& [layer, heads] : answer.metrics)
        for (std::uint32_t head = 0; head < heads.size(); ++head) {
            double below = 0;
            for (std::uint32_t i = 0; i < answer.tokens.size(); ++i)
                for (std::uint32_t j = 0; j < i; ++j)
                    below += static_cast<double>(answer.maps.at(layer).row(head, i)[j]) / (tokens * (tokens - 1) / 2);
            const double self = heads[head].value(analysis::attention_metric("self")).value_or(0);
            EXPECT_NEAR(below, 2 * (1 - self) / (tokens - 1), 1e-5) << layer << "." << head;
        }
}

}  // namespace
}  // namespace attnx::study
