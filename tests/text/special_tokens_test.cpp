#include <gtest/gtest.h>

#include "attnx/base/error.h"
#include "small_vocab.h"

namespace attnx::text {
namespace {

using enum Kind;

test::GgufBuilder file_with_special_tokens() {
    return bpe_file("gpt-2",
                    {{"a"},
                     {"b"},
                     {"Ġ"},
                     {"<mask>", user_defined},
                     {"<|im_start|>", control},
                     {"<|im_end|>", control},
                     {"<|im|>", control},
                     {"<|im|><|im|>", control}},
                    {});
}

TEST(SpecialTokens, in_a_text_count_only_when_asked_for_but_user_defined_ones_always) {
    const Small small(file_with_special_tokens());
    EXPECT_EQ(small.ids("a<mask>b"), (Ids{0, 3, 1}));
    EXPECT_EQ(small.ids_special("<|im_start|>a<|im_end|>"), (Ids{4, 0, 5}));
    EXPECT_EQ(small.ids("<|im_end|>a"), (Ids{0}));  // the letters of the marker are no tokens here
}

TEST(SpecialTokens, are_found_longest_first) {
    EXPECT_EQ(Small(file_with_special_tokens()).ids_special("<|im|><|im|><|im|>a"), (Ids{7, 6, 0}));
}

TEST(SpecialTokens, swallow_whitespace_where_the_model_is_known_to) {
    // <mask> of Jina's models swallows what stands before it.
    const Small left(bpe_file("jina-v2-de", {{"a"}, {"Ġ"}, {"<mask>", user_defined}}, {}));
    EXPECT_EQ(left.ids("a \t<mask> a"), (Ids{0, 2, 1, 0}));
    const Small lines(bpe_file("mmbert", {{"▁a"}, {"<mask>", user_defined}}, {"▁ a"}));
    EXPECT_EQ(lines.ids("a <mask>a"), (Ids{0, 1, 0}));
    // Phi 3's special tokens swallow what follows, except these three.
    const Small right(
        vocab_file("llama",
                   {{"<unk>", unknown}, {"<s>", control}, {"</s>", control}, {"▁"}, {"a"}, {"<|end|>", control}})
            .key("general.name", "Phi-3 mini")
            .key("tokenizer.ggml.add_space_prefix", false));
    EXPECT_EQ(right.ids_special("<|end|> \na"), (Ids{1, 5, 4}));
    EXPECT_EQ(right.ids_special("<s> a"), (Ids{1, 1, 3, 4}));
    EXPECT_EQ(right.ids_special("</s> a"), (Ids{1, 2, 4}));
}

TEST(SpecialTokens, take_linear_time_in_the_text) {
    std::string text;
    while (text.size() < 500'000) text += "<|im|><|im|><|im_";
    EXPECT_FALSE(Small(file_with_special_tokens()).ids_special(text).empty());
}

TEST(Vocabulary, knows_special_tokens_by_key_and_by_spelling) {
    const Small small(
        file_with_special_tokens().key("tokenizer.ggml.eos_token_id", 6u).key("tokenizer.ggml.mask_token_id", 3u));
    const Vocab& vocab = small.tokenizer.vocab();
    EXPECT_EQ(vocab.special().eos, 6u);
    EXPECT_EQ(vocab.special().mask, 3u);
    EXPECT_EQ(vocab.special().eot, 5u);            // "<|im_end|>"
    EXPECT_EQ(vocab.special().bos, std::nullopt);  // the default, 11, is beyond this vocabulary
    EXPECT_TRUE(vocab.is_end_of_generation(5));
    EXPECT_TRUE(vocab.is_end_of_generation(6));
    EXPECT_FALSE(vocab.is_end_of_generation(4));
    EXPECT_EQ(to_string(vocab.type()), "BPE");
}

TEST(Vocabulary, does_not_end_at_messages_within_a_conversation_with_tools) {
    const Small small(
        bpe_file("gpt-4o", {{"a"}, {"<|end|>", control}, {"<|return|>", control}, {"<|call|>", control}}, {}));
    EXPECT_FALSE(small.tokenizer.vocab().is_end_of_generation(1));
    EXPECT_TRUE(small.tokenizer.vocab().is_end_of_generation(2));
    EXPECT_EQ(small.ids("<|end|>"), (Ids{1}));  // and so it is text, found without asking
}

TEST(Vocabulary, ends_where_the_other_side_speaks_in_flints_dialect_only) {
    const std::vector<Token> tokens = {{"a"}, {"<|user|>", control}, {"<|observation|>"}};
    const Small flint(bpe_file("flint", tokens, {})), other(bpe_file("gpt-4o", tokens, {}));
    for (const TokenId id : {1u, 2u}) {
        EXPECT_TRUE(flint.tokenizer.vocab().is_end_of_generation(id)) << id;
        EXPECT_FALSE(other.tokenizer.vocab().is_end_of_generation(id)) << id;
    }
}

TEST(Vocabulary, takes_the_older_end_for_a_word_where_plamo_or_beam_is_spoken) {
    for (const char* marker : {"<|tool_response>", "<|plamo:eos|>", "<rfl:parameter name=\""}) {
        const Small small(vocab_file("llama", {{"<unk>", unknown}, {"</s>", control}, {marker, control}})
                              .key("tokenizer.ggml.eos_token_id", 2u));
        EXPECT_FALSE(small.tokenizer.vocab().is_end_of_generation(1)) << marker;
        EXPECT_TRUE(small.tokenizer.vocab().has(1, attribute::normal)) << marker;
    }
}

TEST(Vocabulary, ignores_a_special_id_beyond_it_and_says_so) {
    const Small small(file_with_special_tokens().key("tokenizer.ggml.bos_token_id", 8u));
    EXPECT_EQ(small.tokenizer.vocab().special().bos, std::nullopt);
    ASSERT_EQ(small.tokenizer.vocab().findings().size(), 1u);
    EXPECT_EQ(small.tokenizer.vocab().findings()[0].id, FindingId::special_token_out_of_range);
    EXPECT_EQ(small.tokenizer.vocab().findings()[0].message,
              "tokenizer.ggml.bos_token_id is 8, but the vocabulary has 8 tokens");
}

TEST(Vocabulary, asks_for_a_token_that_its_rules_need) {
    const Small small(file_with_special_tokens().key("tokenizer.ggml.add_bos_token", true));
    EXPECT_EQ(small.ids("a"), (Ids{0}));
    try {
        small.ids_special("a");
        FAIL() << "encoded without BOS";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::bad_value);
        EXPECT_NE(error.message().find("tokenizer.ggml.bos_token_id"), std::string::npos);
    }
}

ErrorCode refusal(const test::GgufBuilder& builder, std::string_view named) {
    try {
        Small small(builder);
    } catch (const Error& error) {
        EXPECT_NE(error.message().find(named), std::string::npos) << error.message();
        return error.code();
    }
    ADD_FAILURE() << "not refused: " << named;
    return ErrorCode::internal;
}

TEST(Vocabulary, refuses_files_that_make_no_sense) {
    using test::GgufBuilder;
    const std::vector<std::string> ab = {"a", "b"};
    const auto spm = [&] {
        return GgufBuilder().key("tokenizer.ggml.model", "llama").key("tokenizer.ggml.tokens", ab);
    };
    EXPECT_EQ(refusal(GgufBuilder().key("general.architecture", "llama"), "tokenizer.ggml.model"),
              ErrorCode::missing_key);
    EXPECT_EQ(refusal(GgufBuilder().key("tokenizer.ggml.model", "none"), "no vocabulary"), ErrorCode::not_found);
    EXPECT_EQ(refusal(GgufBuilder().key("tokenizer.ggml.model", "quantum"), "\"quantum\""), ErrorCode::unsupported);
    EXPECT_EQ(refusal(GgufBuilder().key("tokenizer.ggml.model", 3u), "tokenizer.ggml.model"), ErrorCode::wrong_type);
    EXPECT_EQ(refusal(GgufBuilder().key("tokenizer.ggml.model", "llama"), "tokenizer.ggml.tokens"),
              ErrorCode::missing_key);
    EXPECT_EQ(refusal(bpe_file("no-such", {{"a"}}, {}), "\"no-such\""), ErrorCode::unsupported);
    EXPECT_EQ(refusal(GgufBuilder().key("tokenizer.ggml.model", "gpt2").key("tokenizer.ggml.tokens", ab),
                      "tokenizer.ggml.merges"),
              ErrorCode::missing_key);
    EXPECT_EQ(refusal(spm().key("tokenizer.ggml.scores", std::vector<float>{1}), "has 1 elements for 2 tokens"),
              ErrorCode::bad_value);
    EXPECT_EQ(
        refusal(spm().key("tokenizer.ggml.token_type", std::vector<std::int32_t>{1}), "tokenizer.ggml.token_type"),
        ErrorCode::bad_value);
    EXPECT_EQ(refusal(spm().key("tokenizer.ggml.scores", std::vector<double>{1, 2}), "float64"), ErrorCode::wrong_type);
    EXPECT_EQ(refusal(spm().key("tokenizer.ggml.token_type", ab), "not of integers"), ErrorCode::wrong_type);
    EXPECT_EQ(
        refusal(GgufBuilder().key("tokenizer.ggml.model", "llama").key("tokenizer.ggml.tokens", std::vector<float>{1}),
                "strings"),
        ErrorCode::wrong_type);
    EXPECT_EQ(refusal(spm().key("tokenizer.ggml.bos_token_id", "a"), "tokenizer.ggml.bos_token_id"),
              ErrorCode::wrong_type);
}

TEST(Vocabulary, reports_arrays_that_are_too_long) {
    const Small small(test::GgufBuilder()
                          .key("tokenizer.ggml.model", "llama")
                          .key("tokenizer.ggml.tokens", std::vector<std::string>{"a", ""})
                          .key("tokenizer.ggml.scores", std::vector<float>{0, 1, 2}));
    ASSERT_EQ(small.tokenizer.vocab().findings().size(), 1u);
    EXPECT_EQ(small.tokenizer.vocab().findings()[0].id, FindingId::tokenizer_lengths);
    EXPECT_EQ(small.tokenizer.vocab().text(1), "[EMPTY_1]");
}

TEST(Vocabulary, takes_texts_up_to_their_first_zero_byte_as_llama_cpp_does) {
    const Small small(vocab_file("llama", {{std::string("ab\0c", 4)}, {std::string("\0", 1)}}));
    EXPECT_EQ(small.tokenizer.vocab().text(0), "ab");
    EXPECT_EQ(small.tokenizer.vocab().text(1), "[EMPTY_1]");
}

TEST(Tokenizer, refuses_ids_beyond_the_vocabulary) {
    const Small small(file_with_special_tokens());
    EXPECT_THROW(small.tokenizer.piece(8), Error);
    EXPECT_THROW(small.tokenizer.decode(Ids{0, 0xFFFFFFFF}), Error);
}

}  // namespace
}  // namespace attnx::text
