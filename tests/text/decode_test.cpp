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

TEST(Unicode, decodes_leniently_but_not_beyond_unicode) {
    EXPECT_EQ(decode_utf8("a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80"), U"aé中😀");
    EXPECT_EQ(decode_utf8("\xC0\x80"), std::u32string(1, U'\0'));       // overlong
    EXPECT_EQ(decode_utf8("\xED\xA0\x80"), std::u32string(1, 0xD800));  // a surrogate
    EXPECT_EQ(decode_utf8("\xFF"
                          "a\xC3"),
              U"\uFFFDa\uFFFD");
    EXPECT_EQ(decode_utf8("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
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
