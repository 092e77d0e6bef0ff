// Byte pairs merged by the order of a list, and the rules of models that do so, small enough to follow by hand.
#include <gtest/gtest.h>

#include "attnx/base/error.h"
#include "small_vocab.h"

namespace attnx::text {
namespace {

using enum Kind;

const std::vector<Token> kBpeTokens = {
    {"l"}, {"o"}, {"w"}, {"e"}, {"r"}, {"Ġ"}, {"lo"}, {"low"}, {"er"}, {"Ġlow"}, {"<|endoftext|>", control}, {"Ċ"}};
const std::vector<std::string> kBpeMerges = {"l o", "lo w", "e r", "Ġ low"};

TEST(ByteLevelBpe, merges_by_the_order_of_the_list) {
    const Small small(bpe_file("gpt-2", kBpeTokens, kBpeMerges));
    EXPECT_EQ(small.ids("low lower"), (Ids{7, 9, 8}));
    EXPECT_EQ(small.ids("wol\n"), (Ids{2, 1, 0, 11}));
    EXPECT_EQ(small.tokenizer.decode(small.ids("low lower\n")), "low lower\n");
    EXPECT_EQ(small.tokenizer.piece(9), " low");
}

TEST(ByteLevelBpe, drops_bytes_that_are_no_token) {
    const Small small(bpe_file("gpt-2", kBpeTokens, kBpeMerges));
    EXPECT_EQ(small.ids("l?w"), (Ids{0, 2}));
}

TEST(ByteLevelBpe, adds_no_special_token_unless_told_to) {
    EXPECT_EQ(Small(bpe_file("gpt-2", kBpeTokens, kBpeMerges)).ids_special("w"), (Ids{2}));
    EXPECT_EQ(Small(bpe_file("gpt-2", kBpeTokens, kBpeMerges)
                        .key("tokenizer.ggml.add_bos_token", true)
                        .key("tokenizer.ggml.add_eos_token", true)
                        .key("tokenizer.ggml.bos_token_id", 10u)
                        .key("tokenizer.ggml.eos_token_id", 10u))
                  .ids_special("w"),
              (Ids{10, 2, 10}));
    // Llama 3 begins with BOS by default, here the default id 11.
    EXPECT_EQ(Small(bpe_file("llama-bpe", kBpeTokens, kBpeMerges)).ids_special("w"), (Ids{11, 2}));
}

TEST(ByteLevelBpe, takes_a_piece_that_is_a_token_whole_only_where_the_rule_says_so) {
    const std::vector<Token> tokens = {{"a"}, {"b"}, {"c"}, {"ab"}, {"abc"}};
    const std::vector<std::string> merges = {"b c", "a b"};
    EXPECT_EQ(Small(bpe_file("llama-bpe", tokens, merges)).ids("abc"), (Ids{4}));
    // "bc" is merged first but is no token, and "a bc" is no merge: the bytes b and c remain.
    EXPECT_EQ(Small(bpe_file("gpt-2", tokens, merges)).ids("abc"), (Ids{0, 1, 2}));
}

TEST(ByteLevelBpe, cost_grows_as_n_log_n_on_one_long_piece) {
    std::string text;
    while (text.size() < 300'000) text += "lower";
    const Small small(bpe_file("gpt-2", kBpeTokens, kBpeMerges));
    const Ids ids = small.ids(text);
    ASSERT_EQ(ids.size(), 2 * 60'000u);
    EXPECT_EQ(ids[0], 7u);
    EXPECT_EQ(ids[1], 8u);
}

TEST(Gemma4Bpe, works_on_raw_text_with_spaces_escaped_and_newlines_joined) {
    const Small small(bpe_file("ignored",
                               {{"<bos>", control}, {"▁"}, {"a"}, {"▁a"}, {"\n\n"}, {"<0xC3>", byte}, {"<0xA9>", byte}},
                               {"▁ a"}, "gemma4")
                          .key("tokenizer.ggml.bos_token_id", 0u)
                          .key("tokenizer.ggml.add_bos_token", false));
    EXPECT_EQ(small.ids_special(" a\n\né"), (Ids{0, 3, 4, 5, 6}));  // BOS even though the file says no
    EXPECT_EQ(small.tokenizer.decode(Ids{3, 4, 5, 6}), " a\n\né");
}

TEST(WhitespaceBpe, separates_words_at_whitespace_and_drops_it) {
    const Small small(bpe_file("whitespace", {{"a"}, {"b"}, {"ab"}, {"B"}}, {"a b"}, "whitespace"));
    EXPECT_EQ(small.ids(" ab\t B "), (Ids{2, 3}));
}

TEST(MmBert, begins_each_line_and_each_word_with_a_space) {
    const Small small(
        bpe_file("mmbert", {{"a"}, {"b"}, {"▁"}, {"▁a"}, {"▁b"}, {"\n\n"}, {"a▁"}}, {"▁ a", "▁ b", "a ▁"}));
    EXPECT_EQ(small.ids("a b\n\n b"), (Ids{3, 4, 5, 4}));
    EXPECT_EQ(small.ids("aa"), (Ids{3, 0}));
    EXPECT_EQ(small.tokenizer.decode(Ids{3, 4}), " a b");
}

TEST(Soprano, writes_in_lower_case_with_single_spaces_and_knows_what_it_does_not_know) {
    const Small small(bpe_file("soprano", {{"[UNK]", control}, {" "}, {"a"}, {"i"}, {"Ġ"}}, {})
                          .key("tokenizer.ggml.unknown_token_id", 0u));
    EXPECT_EQ(small.ids("A \t\n\u3000aI"), (Ids{2, 1, 2, 3}));
    EXPECT_EQ(small.ids("a?"), (Ids{2, 0}));
    EXPECT_EQ(small.ids("\u0130"), (Ids{3, 0})) << "i and a dot above";
    EXPECT_EQ(small.tokenizer.decode(Ids{4, 2}), "Ġa") << "tokens are text as it is";
}

TEST(Nemotron, takes_joiners_out_that_keep_brackets_from_being_tokens) {
    const Small small(bpe_file("nemotron-3.5-embed", {{"["}, {"x"}, {"<"}, {"[x"}}, {"[ x"})
                          .key("tokenizer.ggml.add_bos_token", false));
    EXPECT_EQ(small.ids("[\u200Cx"), (Ids{3}));
    EXPECT_EQ(small.ids("<\u200C["), (Ids{2, 0}));
}

TEST(PrependScheme, first_puts_a_space_before_a_text_that_decoding_takes_away) {
    const auto file = [](const char* scheme) {
        return bpe_file("domyn-small", {{"a"}, {"▁"}, {"<s>", control}}, {})
            .key("tokenizer.ggml.metaspace.prepend_scheme", scheme);
    };
    const Small small(file("first"));
    EXPECT_EQ(small.ids("a a"), (Ids{1, 0, 1, 0}));
    EXPECT_EQ(small.ids(" a"), (Ids{1, 0}));
    EXPECT_EQ(small.ids_special("<s>a"), (Ids{2, 0})) << "a special token is no text";
    EXPECT_EQ(small.tokenizer.decode(Ids{1, 0, 1, 0}), "a a");
    EXPECT_EQ(small.tokenizer.decode(Ids{2, 1, 0}, {.control_tokens = false}), "a");
    EXPECT_EQ(Small(file("never")).ids("a"), (Ids{0}));
    EXPECT_THROW(Small(file("always")), Error);
    EXPECT_THROW(Small(file("sometimes")), Error);
}

}  // namespace
}  // namespace attnx::text
