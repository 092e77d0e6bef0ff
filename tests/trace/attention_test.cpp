#include "attnx/trace/attention.h"

#include <gtest/gtest.h>

namespace attnx::trace {
namespace {

TEST(AttentionMap, grows_as_rows_arrive_in_parts) {
    AttentionRecorder recorder;
    const std::vector<float> first{1.0F, 0.0F, 0.25F, 0.75F};
    recorder.attention({3, 0, 0, 2, 2, first});
    recorder.attention({3, 1, 0, 2, 2, first});
    const std::vector<float> later{0.2F, 0.3F, 0.5F};
    recorder.attention({3, 1, 2, 1, 3, later});
    const auto& map = recorder.maps().at(3);
    EXPECT_EQ(map.heads(), 2u);
    EXPECT_EQ(map.tokens(), 3u);
    EXPECT_FLOAT_EQ(map.row(0, 1)[1], 0.75F);
    EXPECT_FLOAT_EQ(map.row(1, 2)[2], 0.5F);
    EXPECT_FLOAT_EQ(map.row(0, 2)[2], 0.0F);
    EXPECT_FLOAT_EQ(map.mean(std::vector<std::uint32_t>{0, 1})[8], 0.25F);
    EXPECT_FLOAT_EQ(map.mean(std::vector<std::uint32_t>{1})[8], 0.5F);
}

TEST(AttentionRecorder, listens_to_the_chosen_layers) {
    AttentionRecorder some({1, 4});
    EXPECT_TRUE(some.wants_attention(4));
    EXPECT_FALSE(some.wants_attention(0));
    EXPECT_TRUE(AttentionRecorder().wants_attention(0)) << "to all";
    EXPECT_FALSE(AttentionRecorder(std::set<std::uint32_t>{}).wants_attention(0)) << "to none";
}

}  // namespace
}  // namespace attnx::trace
