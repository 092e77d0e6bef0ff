#include "../../src/text/pretokenize.h"

#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <set>

#include "../../src/text/split.h"
#include "../../src/text/unicode.h"

namespace attnx::text {
namespace {

using Pieces = std::vector<std::string>;

Pieces pieces(std::string_view pre, std::string_view text) {
    const PreTokenizer* row = find_pre_tokenizer(pre);
    if (!row) return {"no such row"};
    const std::u32string characters = decode_utf8(text);
    Pieces out;
    std::size_t begin = 0;
    for (const std::size_t end : Splitter(row->splits).piece_ends(characters)) {
        out.push_back(to_utf8(std::u32string_view(characters).substr(begin, end - begin)));
        begin = end;
    }
    return out;
}

TEST(PreTokenizers, have_distinct_names_and_patterns_that_compile) {
    std::set<std::string_view> names;
    for (const PreTokenizer& row : pre_tokenizers()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_FALSE(row.splits.empty()) << row.name;
        EXPECT_NO_THROW(Splitter{row.splits}) << row.name;
    }
    EXPECT_EQ(names.size(), 98u);  // names that llama.cpp b12032 compares tokenizer.ggml.pre with
    EXPECT_EQ(find_pre_tokenizer("no-such-rule"), nullptr);
}

TEST(PreTokenizers, lose_no_character_of_any_text) {
    const std::string text =
        "I'M sure  they'Ll 12345,6\t\t\n\n \xE3\x80\x80中文カナ한국어 Ünï\xCC\x88\xE0\xA4\xA8\xE0\xA5\x8D "
        "<dna>\xF0\x9F\x98\x80~~ //\r\n  ";
    for (const PreTokenizer& row : pre_tokenizers()) {
        std::string joined;
        for (const std::string& piece : pieces(row.name, text)) {
            EXPECT_FALSE(piece.empty()) << row.name;
            joined += piece;
        }
        EXPECT_EQ(joined, text) << row.name;
    }
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// A rule that looked again and again at the same run would take hours for the longest text: half a minute for the one
// before, where this ends. What is linear takes a hundredth of what is allowed; processor time, whatever else runs.
TEST(PreTokenizers, take_time_linear_in_the_text) {
    std::map<const Split*, std::string_view> rules;
    for (const PreTokenizer& row : pre_tokenizers()) rules[row.splits.data()] = row.name;
    for (const std::string_view unit : {"7", " ", "\n", "x", "A", "é", "\xCC\x88", "~", "a b", " \n", "'s"}) {
        for (const std::size_t length : {2'000u, 20'000u, 200'000u}) {
            std::string text;
            while (text.size() < length) text += unit;
            text += "!";
            const double allowed = 0.1 + static_cast<double>(length) * 1e-4;
            for (const auto& rule : rules) {
                const double before = processor_seconds();
                EXPECT_FALSE(pieces(rule.second, text).empty()) << rule.second;
                ASSERT_LT(processor_seconds() - before, allowed)
                    << rule.second << ", " << length << " of '" << unit << "'";
            }
        }
    }
}

TEST(PreTokenizers, gpt2_keeps_a_space_with_its_word_and_knows_small_contractions_only) {
    EXPECT_EQ(pieces("gpt-2", "I'm  he'LL 42x!? \n\n y"),
              (Pieces{"I", "'m", " ", " he", "'", "LL", " 42", "x", "!?", " \n\n", " y"}));
}

TEST(PreTokenizers, llama3_takes_digits_in_threes_and_newlines_with_punctuation) {
    EXPECT_EQ(pieces("llama-bpe", "We'LL pay $12345!\n\n  ok\t\n"),
              (Pieces{"We", "'LL", " pay", " $", "123", "45", "!\n\n", " ", " ok", "\t\n"}));
    EXPECT_EQ(pieces("llama-bpe", "\ttab (word)"), (Pieces{"\ttab", " (", "word", ")"}));
}

TEST(PreTokenizers, qwen2_takes_each_digit_alone) {
    EXPECT_EQ(pieces("qwen2", "in 2024?"), (Pieces{"in", " ", "2", "0", "2", "4", "?"}));
}

TEST(PreTokenizers, qwen35_keeps_combining_marks_in_words_where_qwen2_does_not) {
    EXPECT_EQ(pieces("qwen35",
                     "e\xCC\x81"
                     "a"),
              (Pieces{"e\xCC\x81"
                      "a"}));
    EXPECT_EQ(pieces("qwen2",
                     "e\xCC\x81"
                     "a"),
              (Pieces{"e",
                      "\xCC\x81"
                      "a"}));
}

TEST(PreTokenizers, falcon_splits_punctuation_first_and_digits_in_threes_last) {
    EXPECT_EQ(pieces("falcon", "a+b 1234"), (Pieces{"a", "+", "b", " ", "123", "4"}));
}

TEST(PreTokenizers, starcoder_takes_digits_alone_before_words) {
    EXPECT_EQ(pieces("starcoder", "x=12 y"), (Pieces{"x", "=", "1", "2", " y"}));
}

TEST(PreTokenizers, deepseek_llm_separates_newlines_scripts_and_trailing_spaces) {
    EXPECT_EQ(pieces("deepseek-llm", "Hi\n\nдва, 中文12  "),
              (Pieces{"Hi", "\n", "\n", "два", ",", " ", "中文", "12", "  "}));
}

TEST(PreTokenizers, deepseek_v3_begins_a_word_with_ascii_punctuation) {
    EXPECT_EQ(pieces("deepseek-v3", "x.size() 1234"), (Pieces{"x", ".size", "()", " ", "123", "4"}));
}

TEST(PreTokenizers, tekken_and_gpt4o_split_where_upper_case_begins) {
    EXPECT_EQ(pieces("tekken", "fooBar HTTPServer"), (Pieces{"foo", "Bar", " HTTPServer"}));
    EXPECT_EQ(pieces("tekken", "it's 123"), (Pieces{"it", "'s", " ", "1", "2", "3"}));
    EXPECT_EQ(pieces("gpt-4o", "it's 1234//"), (Pieces{"it's", " ", "123", "4", "//"}));
}

TEST(PreTokenizers, tekken_gpt4o_and_pixtral_keep_combining_marks_in_words) {
    const Pieces word = {"e\xCC\x81té"};
    for (const char* name : {"tekken", "gpt-4o", "minimax-m2", "pixtral"})
        EXPECT_EQ(pieces(name, word[0]), word) << name;
}

TEST(PreTokenizers, tekken_num3_groups_digits_from_the_right) {
    EXPECT_EQ(pieces("tekken-num3", "no 1234567, 12 1234"),
              (Pieces{"no", " ", "1", "234", "567", ",", " ", "12", " ", "1", "234"}));
}

TEST(PreTokenizers, flint_takes_contractions_with_their_word_and_leaves_what_is_no_word_between) {
    EXPECT_EQ(pieces("flint", "it's 1234 fooBar中文~\x01"),
              (Pieces{"it's", " ", "123", "4", " fooBar", "中文", "~", "\x01"}));
}

TEST(PreTokenizers, spark_takes_each_newline_and_each_digit_alone) {
    EXPECT_EQ(pieces("spark2_5", "a.b;\n\n 123"), (Pieces{"a", ".b", ";", "\n", "\n", " ", "1", "2", "3"}));
    EXPECT_EQ(pieces("hy_v4", "a.b;\n\n 123"), (Pieces{"a", ".b", ";\n\n", " ", "123"}));
}

TEST(PreTokenizers, k2_horizon_keeps_marks_and_joiners_in_words_and_knows_the_long_s) {
    EXPECT_EQ(pieces("k2-horizon", "क\u094D\u200Dष it'ſ 1234"),
              (Pieces{"क\u094D\u200Dष", " it", "'ſ", " ", "123", "4"}));
}

TEST(PreTokenizers, ufakzeka_keeps_what_follows_an_apostrophe_whole) {
    EXPECT_EQ(pieces("ufakzeka", "İzmir'de 42"), (Pieces{"İzmir", "'de", " ", "4", "2"}));
}

TEST(PreTokenizers, soprano_knows_words_runs_of_other_characters_and_digits) {
    EXPECT_EQ(pieces("soprano", "a_b  12.!"), (Pieces{"a_b", "  ", "1", "2", ".!"}));
}

TEST(PreTokenizers, count_the_tilde_among_the_symbols) {
    EXPECT_EQ(pieces("deepseek-v3", "~ a ~~"), (Pieces{"~", " a", " ~~"}));
}

TEST(PreTokenizers, bloom_leaves_parentheses_and_sentence_punctuation_between_words) {
    EXPECT_EQ(pieces("bloom", "one (two), three"), (Pieces{"one", " (", "two", "),", " three"}));
}

TEST(PreTokenizers, kimi_k2_separates_ideographs_from_letters) {
    EXPECT_EQ(pieces("kimi-k2", "abc中文d's 1234"), (Pieces{"abc", "中文", "d's", " ", "123", "4"}));
}

TEST(PreTokenizers, afmoe_groups_digits_from_the_right_and_keeps_what_stands_before_with_the_first_group) {
    // "no 1234567" is first cut into "no 1", "234", "567"; the last step separates the word again.
    EXPECT_EQ(pieces("afmoe", "no 1234567 x"), (Pieces{"no", " ", "1", "234", "567", " x"}));
    EXPECT_EQ(pieces("tiny_aya", "12345"), (Pieces{"12", "345"}));
}

TEST(PreTokenizers, superbpe_cuts_only_before_groups_of_three_digits) {
    EXPECT_EQ(pieces("superbpe", "a1234567b12"), (Pieces{"a", "1", "234", "567", "b", "12"}));
    EXPECT_EQ(pieces("superbpe", "345½"), (Pieces{"345½"}));
}

TEST(PreTokenizers, exaone_moe_joins_words_across_single_spaces) {
    EXPECT_EQ(pieces("exaone-moe", "the big cat  sat"), (Pieces{"the big cat", " ", " sat"}));
}

TEST(PreTokenizers, jais2_takes_spaces_in_powers_of_two) {
    EXPECT_EQ(pieces("jais-2", std::string(13, ' ') + "x"), (Pieces{std::string(8, ' '), std::string(4, ' '), " x"}));
}

TEST(PreTokenizers, gemma4_cuts_at_newlines_alone) {
    EXPECT_EQ(pieces("gemma4", "a b\n\nc"), (Pieces{"a b", "\n\n", "c"}));
}

TEST(PreTokenizers, whitespace_beyond_ascii_counts_as_whitespace) {
    EXPECT_EQ(pieces("llama-bpe",
                     "a\xE3\x80\x80\xE3\x80\x80"
                     "b"),
              (Pieces{"a", "\xE3\x80\x80",
                      "\xE3\x80\x80"
                      "b"}));
    EXPECT_EQ(pieces("deepseek-llm",
                     "\xE3\x80\x80"
                     "a"),
              (Pieces{"\xE3\x80\x80"
                      "a"}));
}

TEST(ExpandCategories, writes_a_class_inside_and_outside_of_brackets) {
    EXPECT_EQ(expand_categories(R"(\p{N}+)"), "[0-9\x81]+");
    EXPECT_EQ(expand_categories(R"([^\s\p{N}])"), "[^\\s0-9\x81]");
    EXPECT_EQ(expand_categories(R"(\[\p{M})"), "\\[[\x84]");
}

}  // namespace
}  // namespace attnx::text
