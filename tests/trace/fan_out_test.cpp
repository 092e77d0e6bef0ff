#include "attnx/trace/fan_out.h"

#include <gtest/gtest.h>

#include <string>

namespace attnx::trace {
namespace {

class Diary final : public Sink {
public:
    Diary(char name, std::uint32_t layer, std::string& diary) : name_(name), layer_(layer), diary_(diary) {}
    bool wants_attention(std::uint32_t layer) override { return layer == layer_; }
    void attention(const AttentionRows&) override { diary_ += name_; }
    bool wants_attention_at_once(std::uint32_t layer) override { return layer == layer_ + 10; }
    void attention_at_once(const AttentionRows&) override { diary_ += static_cast<char>(name_ - 'a' + 'A'); }
    bool wants_block_output(std::uint32_t layer) override { return layer == layer_; }
    void block_output(std::uint32_t, std::span<const float>, std::uint32_t) override { diary_ += name_; }
    bool wants_vectors(std::uint32_t layer) override { return layer == layer_; }
    void vectors(const HeadVectors&) override { diary_ += name_; }
    bool wants_embedding() override { return layer_ == 0; }
    void embedding(std::span<const float>, std::uint32_t) override { diary_ += name_; }
    bool wants_final_norm() override { return layer_ == 1; }
    void final_norm(std::span<const float>, std::uint32_t) override { diary_ += name_; }
    bool wants_scoring(std::uint32_t layer) override { return layer == layer_; }
    void scoring(const Scoring&) override { diary_ += name_; }

private:
    char name_;
    std::uint32_t layer_;
    std::string& diary_;
};

TEST(FanOut, tells_each_what_it_wants_in_turn) {
    std::string diary;
    Diary a('a', 0, diary), b('b', 0, diary), c('c', 1, diary);
    FanOut all({&b, &c});
    all.add(a);
    EXPECT_TRUE(all.wants_attention(1));
    EXPECT_FALSE(all.wants_attention(2));
    all.attention({.layer = 0, .weights = {}});
    EXPECT_EQ(diary, "ba");
    all.block_output(1, {}, 0);
    EXPECT_EQ(diary, "bac");
    EXPECT_FALSE(all.wants_attention_at_once(0));
    EXPECT_TRUE(all.wants_attention_at_once(11));
    all.attention_at_once({.layer = 10, .weights = {}});
    EXPECT_EQ(diary, "bacBA");
    EXPECT_FALSE(all.wants_block_output(2));
    all.block_output(2, {}, 0);
    EXPECT_EQ(diary, "bacBA");
    EXPECT_TRUE(all.wants_scoring(1));
    EXPECT_FALSE(all.wants_scoring(2));
    all.scoring({.layer = 1});
    EXPECT_EQ(diary, "bacBAc");
    diary.clear();
    EXPECT_TRUE(all.wants_vectors(0));
    EXPECT_FALSE(all.wants_vectors(2));
    all.vectors({.layer = 0, .tokens = 0, .queries = {}, .keys = {}, .values = {}});
    EXPECT_TRUE(all.wants_embedding());
    all.embedding({}, 0);
    EXPECT_TRUE(all.wants_final_norm());
    all.final_norm({}, 0);
    EXPECT_EQ(diary, "babac");
    FanOut few({&a});
    EXPECT_FALSE(few.wants_final_norm());
}

}  // namespace
}  // namespace attnx::trace
