// PLaMo: the cheapest way to cover a text, bytes where there is none.
#include <gtest/gtest.h>

#include "attnx/base/error.h"
#include "small_vocab.h"

namespace attnx::text {
namespace {

using enum Kind;

std::string hex_token(unsigned byte) {
    const char* digits = "0123456789ABCDEF";
    return {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
}

TEST(Plamo2, finds_the_cheapest_way_and_falls_back_to_bytes) {
    std::vector<Token> tokens = {{"<|plamo:unk|>", unknown}, {"<|plamo:bos|>", control}, {"<|plamo:eos|>", control}};
    for (unsigned b = 0; b < 256; ++b) tokens.push_back({hex_token(b), byte});
    tokens.insert(tokens.end(),
                  {{"a", normal, -1}, {"b", normal, -1}, {"ab", normal, -2}, {"abc", normal, -9}, {"c", normal, -3}});
    const TokenId a = 259, b = 260, ab = 261, c = 263;
    const Small small(vocab_file("plamo2", tokens));
    EXPECT_EQ(small.ids("ab"), (Ids{ab}));      // as cheap as a, b: the longer wins
    EXPECT_EQ(small.ids("abc"), (Ids{ab, c}));  // 5 against 9
    EXPECT_EQ(small.ids("ba"), (Ids{b, a}));
    EXPECT_EQ(small.ids("\xEF\xBB\xBF"
                        "aé"),
              (Ids{a, 3 + 0xC3, 3 + 0xA9}));
    EXPECT_EQ(small.tokenizer.decode(small.ids("abé")), "abé");

    tokens.erase(tokens.begin() + 100);
    EXPECT_THROW(Small(vocab_file("plamo2", tokens)), Error);
}

TEST(Plamo3, cuts_a_text_at_tags_runs_and_its_boundary_first) {
    std::vector<Token> tokens = {{"<|plamo:unk|>", unknown}, {"<|plamo:bos|>", control}, {"<|plamo:eos|>", control}};
    for (unsigned b = 0; b < 256; ++b) tokens.push_back({hex_token(b), byte});
    tokens.insert(tokens.end(), {{"a", normal, -1},
                                 {"aa", normal, -1},
                                 {"aaab", normal, -1},
                                 {"b", normal, -1},
                                 {"  b", normal, -1},
                                 {"  ", normal, -1},
                                 {"<|plamo:x|>a", normal, -1},
                                 {" b", normal, -1}});
    const TokenId a = 259, aa = 260, aaab = 261, b = 262, spaces_b = 263, spaces = 264, tag_a = 265, space_b = 266;
    const Small two(vocab_file("plamo2", tokens)), three(vocab_file("plamo3", tokens));
    EXPECT_EQ(two.ids("aaaab"), (Ids{a, aaab}));
    EXPECT_EQ(three.ids("aaaab"), (Ids{aa, aa, b})) << "four are a run";
    EXPECT_EQ(three.ids("aaab"), (Ids{aaab})) << "three are none";
    EXPECT_EQ(two.ids("  b"), (Ids{spaces_b}));
    EXPECT_EQ(three.ids("  b b"), (Ids{spaces, b, space_b}));
    EXPECT_EQ(two.ids("<|plamo:x|>a"), (Ids{tag_a}));
    EXPECT_EQ(three.ids("<|plamo:x|>a").back(), a);
    EXPECT_EQ(three.ids("aa\uEE00ab"), (Ids{aa, a, b})) << "the boundary is no text";
    EXPECT_EQ(three.tokenizer.decode(three.ids("\uFEFFa")), "\uFEFFa") << "nor is a byte order mark dropped";
}

TEST(Plamo, frames_a_text_where_the_file_asks_for_it) {
    std::vector<Token> tokens = {{"<|plamo:unk|>", unknown}, {"<|plamo:bos|>", control}, {"<|plamo:eos|>", control}};
    for (unsigned b = 0; b < 256; ++b) tokens.push_back({hex_token(b), byte});
    const auto file = vocab_file("plamo3", tokens);
    EXPECT_EQ(Small(file).ids_special("a"), (Ids{3 + 'a'}));
    EXPECT_EQ(Small(test::GgufBuilder(file).key("tokenizer.ggml.add_bos_token", true)).ids_special("a"),
              (Ids{1, 3 + 'a'}));
}

}  // namespace
}  // namespace attnx::text
