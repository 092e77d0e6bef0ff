// SentencePiece merges on a vocabulary small enough to follow by hand.
#include <gtest/gtest.h>

#include "small_vocab.h"

namespace attnx::text {
namespace {

using enum Kind;

Small spm() {
    return Small(vocab_file("llama", {{"<unk>", unknown},
                                      {"<s>", control},
                                      {"</s>", control},
                                      {"<0xC3>", byte},
                                      {"<0xA9>", byte},
                                      {"▁"},
                                      {"h"},
                                      {"e"},
                                      {"l"},
                                      {"o"},
                                      {"he", normal, -1},
                                      {"lo", normal, -1.5F},
                                      {"ll", normal, -2},
                                      {"llo", normal, -0.5F},
                                      {"▁he", normal, -3}}));
}

TEST(SentencePieceBpe, merges_the_pair_with_the_highest_score_first) {
    // ▁ h e l l o -> he (-1) -> lo (-1.5), so that "ll" is gone -> llo (-0.5) -> ▁he (-3)
    EXPECT_EQ(spm().ids("hello"), (Ids{14, 13}));
    EXPECT_EQ(spm().ids(""), Ids{});
}

TEST(SentencePieceBpe, merges_the_leftmost_of_equals_first) {
    const Small small(vocab_file("llama", {{"<unk>", unknown}, {"▁"}, {"a"}, {"aa", normal, -1}}));
    EXPECT_EQ(small.ids("aaa"), (Ids{1, 3, 2}));
}

TEST(SentencePieceBpe, writes_unknown_characters_as_bytes) {
    EXPECT_EQ(spm().ids("é"), (Ids{5, 3, 4}));
    EXPECT_EQ(spm().ids("\xC3"), (Ids{5, 3}));  // not even UTF-8
    EXPECT_EQ(spm().ids("x"), (Ids{5, 0}));     // no byte token for it: unknown
}

TEST(SentencePieceBpe, adds_the_first_token_as_the_model_does_by_default) {
    EXPECT_EQ(spm().ids_special("he"), (Ids{1, 14}));
    EXPECT_EQ(spm().ids_special(""), (Ids{1}));
}

TEST(SentencePieceBpe, puts_a_space_before_the_text_and_after_each_special_token) {
    EXPECT_EQ(spm().ids_special("o</s>o"), (Ids{1, 5, 9, 2, 5, 9}));
    EXPECT_EQ(spm().ids("o o"), (Ids{5, 9, 5, 9}));
}

TEST(SentencePieceBpe, decodes_what_it_encoded) {
    const Small small = spm();
    EXPECT_EQ(small.tokenizer.decode(small.ids("he lo é")), "he lo é");
    EXPECT_EQ(small.tokenizer.decode(Ids{1, 14, 2}), "<s> he</s>");
    EXPECT_EQ(small.tokenizer.decode(Ids{1, 14, 2}, {.remove_special = true}),
              " he</s>");  // EOS was never added
    EXPECT_EQ(small.tokenizer.decode(Ids{1, 14, 2}, {.control_tokens = false}), " he");
    EXPECT_EQ(small.tokenizer.decode(Ids{14, 9}), "heo");
    EXPECT_EQ(small.tokenizer.piece(14), " he");
    EXPECT_EQ(small.tokenizer.piece(3), "\xC3");
}

TEST(SentencePiece, takes_scores_that_are_whole_numbers) {
    const std::vector<std::int32_t> scores = {0, 0, -1, -2, -3};
    test::GgufBuilder file;
    file.key("general.architecture", "llama").key("tokenizer.ggml.model", "llama");
    file.key("tokenizer.ggml.tokens", std::vector<std::string>{"<unk>", "a", "ab", "bc", "c"})
        .key("tokenizer.ggml.scores", scores)
        .key("tokenizer.ggml.add_space_prefix", false);
    EXPECT_EQ(Small(file).ids("abc"), (Ids{2, 4}));
}

}  // namespace
}  // namespace attnx::text
