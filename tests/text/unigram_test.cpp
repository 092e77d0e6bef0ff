// The likeliest way to cover a text, on a vocabulary small enough to follow by hand.
#include <gtest/gtest.h>

#include "attnx/base/error.h"
#include "small_vocab.h"

namespace attnx::text {
namespace {

using enum Kind;

test::GgufBuilder unigram_file() {
    return vocab_file("t5", {{"<pad>", control},
                             {"</s>", control},
                             {"<unk>", unknown},
                             {"▁", normal, -2},
                             {"a", normal, -3},
                             {"b", normal, -3},
                             {"ab", normal, -5},
                             {"▁a", normal, -4},
                             {"<x>", user_defined}})
        .key("tokenizer.ggml.add_space_prefix", true)
        .key("tokenizer.ggml.remove_extra_whitespaces", true);
}

TEST(Unigram, finds_the_likeliest_way_to_cover_the_text) {
    const Small small(unigram_file());
    // ▁|ab = -7 = ▁a|b = -7, ▁|a|b = -8: the first that reached the end stays.
    EXPECT_EQ(small.ids("ab"), (Ids{3, 6}));
    EXPECT_EQ(small.ids("a"), (Ids{7}));       // -4 against -5
    EXPECT_EQ(small.ids("aab"), (Ids{7, 6}));  // ▁a|ab -9, ▁|a|ab -10
    EXPECT_EQ(small.ids("  a   b "), (Ids{7, 3, 5}));
}

TEST(Unigram, joins_unknown_characters_and_ends_with_eos) {
    const Small small(unigram_file());
    EXPECT_EQ(small.ids_special("a??a"), (Ids{7, 2, 4, 1}));
}

TEST(Unigram, normalizes_with_the_files_map) {
    // A trie that maps "A" to "b": the root's children lie at distance 256, so the edge 'A' (65) leads to
    // node 256 ^ 65 = 321; its value lies at distance 1, in node 320, and is offset 0 of the replacements.
    std::vector<std::uint32_t> trie(512, 0);  // every edge from the root leads inside
    trie[0] = 256u << 10;
    trie[321] = (1u << 10) | (1u << 8) | 'A';
    trie[320] = 1u << 31;
    std::vector<std::int8_t> charsmap;
    const auto put = [&](std::uint32_t word) {
        for (int i = 0; i < 4; ++i) charsmap.push_back(static_cast<std::int8_t>(word >> 8 * i));
    };
    put(static_cast<std::uint32_t>(trie.size() * 4));
    for (const std::uint32_t word : trie) put(word);
    charsmap.push_back('b');
    charsmap.push_back(0);
    EXPECT_EQ(Small(unigram_file().key("tokenizer.ggml.precompiled_charsmap", charsmap)).ids("bA"), (Ids{3, 5, 5}));

    charsmap.resize(charsmap.size() - 1);  // the replacement no longer ends
    const Small broken(unigram_file().key("tokenizer.ggml.precompiled_charsmap", charsmap));
    try {
        broken.ids("A");
        FAIL() << "a broken map was used";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::bad_value);
        EXPECT_NE(error.message().find("precompiled_charsmap"), std::string::npos);
    }
    EXPECT_THROW(Small(unigram_file().key("tokenizer.ggml.precompiled_charsmap", std::vector<std::int8_t>{1, 2})),
                 Error);
    EXPECT_THROW(
        Small(unigram_file().key("tokenizer.ggml.precompiled_charsmap", std::vector<std::int8_t>{9, 0, 0, 0, 1})),
        Error);
}

TEST(Unigram, composes_characters_first_where_the_file_asks_for_it) {
    const auto file = vocab_file("t5", {{"<pad>", control}, {"</s>", control}, {"<unk>", unknown}, {"é", normal, -1}});
    EXPECT_EQ(Small(file).ids("e\u0301"), (Ids{2}));
    EXPECT_EQ(Small(test::GgufBuilder(file).key("tokenizer.ggml.normalizer.nfc", true)).ids("e\u0301"), (Ids{3}));
}

}  // namespace
}  // namespace attnx::text
