// WordPiece on a vocabulary small enough to follow by hand.
#include <gtest/gtest.h>

#include "small_vocab.h"

namespace attnx::text {
namespace {

using enum Kind;

Small wordpiece() {
    return Small(vocab_file("bert", {{"[PAD]", control},
                                     {"[UNK]", control},
                                     {"[CLS]", control},
                                     {"[SEP]", control},
                                     {"▁un"},
                                     {"aff"},
                                     {"able"},
                                     {"▁a"},
                                     {"▁,"},
                                     {"▁中"},
                                     {"▁unaf"}})
                     .key("tokenizer.ggml.bos_token_id", 2u)
                     .key("tokenizer.ggml.seperator_token_id", 3u)
                     .key("tokenizer.ggml.unknown_token_id", 1u));
}

TEST(WordPiece, takes_the_longest_token_from_the_left) {
    EXPECT_EQ(wordpiece().ids("unaffable"), (Ids{1}));  // "▁unaf" leaves "fable", which begins no token
    EXPECT_EQ(wordpiece().ids("una ffable"), (Ids{1, 1}));
    EXPECT_EQ(wordpiece().ids("unable unaff"), (Ids{4, 6, 1}));
}

TEST(WordPiece, lower_cases_strips_accents_and_separates_punctuation_and_ideographs) {
    EXPECT_EQ(wordpiece().ids("Ünable,中Á"), (Ids{4, 6, 8, 9, 7}));
}

TEST(WordPiece, frames_every_text) {
    EXPECT_EQ(wordpiece().ids_special("a"), (Ids{2, 7, 3}));
    EXPECT_EQ(wordpiece().ids_special(""), (Ids{2, 3}));
}

TEST(WordPiece, decodes_words_with_spaces_but_none_before_punctuation) {
    EXPECT_EQ(wordpiece().tokenizer.decode(Ids{4, 6, 8, 7}), " unable, a");
}

}  // namespace
}  // namespace attnx::text
