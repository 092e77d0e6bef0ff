#include "../../src/text/decode.h"

#include <gtest/gtest.h>

#include "../../src/text/unicode.h"
#include "small_vocab.h"

namespace attnx::text {
namespace {

TEST(CleanUpSpaces, drops_the_space_before_punctuation_and_some_contractions) {
    EXPECT_EQ(clean_up_spaces("so , it 's what I 'm after ! they 've , you 're"),
              "so, it's what I'm after! they've, you're");
    EXPECT_EQ(clean_up_spaces("can 't we 'll he 'd"), "can 't we 'll he 'd");
    EXPECT_EQ(clean_up_spaces("a ' b"), "a'b");
    EXPECT_EQ(clean_up_spaces("a ' ' b"), "a'' b");  // the second has lost its space to the first
    EXPECT_EQ(clean_up_spaces(" ."), ".");
    EXPECT_EQ(clean_up_spaces(""), "");
}

TEST(TokenPiece, names_characters_that_stand_for_no_byte) {
    const Small small(bpe_file("gpt-2", {{"aŃ"}, {"中"}, {"Ģ"}}, {}));
    EXPECT_EQ(small.tokenizer.piece(0), "a\xAD");  // the last of the 68 (U+0143)
    EXPECT_EQ(small.tokenizer.piece(1), "[UNK_BYTE_0xe4b8ad中]");
    EXPECT_EQ(small.tokenizer.piece(2), "\x80");
}

TEST(TokenPiece, shows_unused_tokens_as_nothing) {
    const Small small(vocab_file(
        "llama",
        {{"<unk>", Kind::unknown}, {"▁a"}, {"<0x41>", Kind::byte}, {"x", Kind::unused}, {"u▁", Kind::user_defined}}));
    EXPECT_EQ(small.tokenizer.piece(1), " a");
    EXPECT_EQ(small.tokenizer.piece(2), "A");
    EXPECT_EQ(small.tokenizer.piece(3), "");
    EXPECT_EQ(small.tokenizer.piece(4), "u▁");
}

TEST(Decode, drops_the_space_before_punctuation_as_the_file_says) {
    const auto file = bpe_file("gpt-2", {{"a"}, {"Ġ!"}}, {});
    EXPECT_EQ(Small(file).tokenizer.decode(Ids{0, 1}), "a!");
    EXPECT_EQ(Small(test::GgufBuilder(file).key("tokenizer.ggml.clean_spaces", false)).tokenizer.decode(Ids{0, 1}),
              "a !");
}

TEST(Unicode, decodes_leniently_but_not_beyond_unicode) {
    EXPECT_EQ(decode_utf8("a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80"), U"aé中😀");
    EXPECT_EQ(decode_utf8("\xC1\xBF"), U"\uFFFD\uFFFD");  // overlong
    EXPECT_EQ(decode_utf8("\xE0\x9F\xBF"), U"\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(decode_utf8("\xF0\x8F\xBF\xBF"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(decode_utf8("\xED\xA0\x80"), std::u32string(1, 0xD800));  // a surrogate
    EXPECT_EQ(decode_utf8("\xFF"
                          "a\xC3"),
              U"\uFFFDa\uFFFD");
    EXPECT_EQ(decode_utf8("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(Unicode, normal_form_c_orders_marks_and_composes_letters_and_hangul) {
    EXPECT_EQ(nfc(U"e\u0301"), U"\u00E9");
    EXPECT_EQ(nfc(U"a\u0301\u0323"), U"\u1EA1\u0301") << "the mark below comes first";
    EXPECT_EQ(nfc(U"\u1100\u1161\u11A8"), U"\uAC01");
    EXPECT_EQ(nfc(U"\u212B"), U"\u00C5");
    EXPECT_EQ(nfc(U"\u0958"), U"\u0915\u093C") << "is never composed";
    EXPECT_EQ(nfc(std::u32string(1, 0xD800)), std::u32string(1, 0xD800));
}

TEST(Unicode, byte_alphabet_is_gpt2s) {
    EXPECT_EQ(byte_to_printable(' '), U'Ġ');
    EXPECT_EQ(byte_to_printable('\n'), U'Ċ');
    EXPECT_EQ(byte_to_printable('!'), U'!');
    EXPECT_EQ(byte_to_printable(0xAD), char32_t{0x143});
    for (unsigned b = 0; b < 256; ++b)
        EXPECT_EQ(printable_to_byte(byte_to_printable(static_cast<unsigned char>(b))), static_cast<unsigned char>(b));
    EXPECT_EQ(printable_to_byte(U' '), std::nullopt);
}

}  // namespace
}  // namespace attnx::text
