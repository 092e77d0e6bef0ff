// Each algorithm on a vocabulary small enough to follow by hand.
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

const std::string kMark = "\xEE\x80\x80";

test::GgufBuilder dna_file(const std::string& filler) {
    return bpe_file("gpt-2",
                    {{"A"},
                     {"C"},
                     {"<dna>"},
                     {"</dna>"},
                     {"<oov>"},
                     {"ACGTAC" + kMark},
                     {"CC" + filler + kMark},
                     {"CC" + filler},
                     {"ANNNNN" + (filler == "NNNN" ? kMark : "")},
                     {"Ġ"}},
                    {}, "hybriddna");
}

TEST(HybridDna, writes_sequences_in_sixes_filled_up_with_a) {
    const Small small(dna_file("AAAA"));
    EXPECT_EQ(small.ids("CA<dna>acgtacCCNNNNNNCC</dna>A"), (Ids{1, 0, 2, 5, 4, 4, 3, 0}));
    EXPECT_EQ(small.ids("<dna> CC\n"), (Ids{2, 6}));
    EXPECT_EQ(small.ids("CC</dna>A<dna></dna>"), (Ids{6, 3, 0, 2, 3})) << "the mark that opens may be missing";
    EXPECT_EQ(small.tokenizer.piece(6), "CCAAAA");
}

TEST(HybridDna, fills_up_with_n_where_the_vocabulary_does) {
    const Small small(dna_file("NNNN"));
    EXPECT_EQ(small.ids("<dna>CC"), (Ids{2, 6}));
    EXPECT_EQ(small.ids("<dna>A"), (Ids{2, 8}));
    EXPECT_EQ(small.tokenizer.piece(6), "CC");
    EXPECT_EQ(small.tokenizer.piece(8), "A");
}

TEST(HybridDna, recognises_dna_in_a_text_where_the_file_asks_for_it) {
    const Small small(dna_file("AAAA").key("tokenizer.ggml.dna_auto_tags", true));
    EXPECT_EQ(small.ids("CA ACGTAC A"), (Ids{1, 0, 9, 2, 5, 3, 9, 0}));
    EXPECT_EQ(small.ids("ACG TAC ACG TAC AC GTAC"), (Ids{2, 5, 5, 5, 3})) << "written in groups";
    EXPECT_EQ(small.ids("ACGTACACGTRN"), (Ids{2, 5, 4, 3})) << "two letters of twelve stand for several bases";
    EXPECT_EQ(small.ids("AC"), (Ids{0, 1}));
}

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

TEST(Rwkv, takes_the_longest_token_of_unescaped_bytes) {
    const Small small(
        vocab_file("rwkv", {{"<s>", control}, {"a"}, {"ab"}, {"\\n"}, {"\\xe4\\xb8"}, {"\\\\"}, {"abcd"}}));
    EXPECT_EQ(small.ids("aab\n\\\xE4\xB8"), (Ids{1, 2, 3, 5, 4}));
    EXPECT_EQ(small.ids("abab"), (Ids{2, 2}));
    EXPECT_EQ(small.ids_special("a"), (Ids{1}));
    EXPECT_EQ(small.tokenizer.decode(Ids{2, 3, 4}), "ab\n\xE4\xB8");
    EXPECT_THROW(small.ids("z"), Error);  // no token and no unknown token
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

TEST(TestModel, makes_a_token_of_every_five_bytes) {
    const Small small(vocab_file("test", {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}, {"g"}}));
    EXPECT_EQ(small.ids("abcdefg"), (Ids{92599395 % 7, (102 * 31 + 103) % 7})) << "\"abcde\" is 92599395 in base 31";
    EXPECT_EQ(small.tokenizer.decode(Ids{6, 3}), "63") << "ids, in hexadecimal digits";
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
