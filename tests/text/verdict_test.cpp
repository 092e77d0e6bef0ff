// What llama.cpp's vocabulary loader stops at: one rule a row. llama.cpp b12032's own vocabulary loader gave the same
// verdicts on these very files.
#include "attnx/text/verdict.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "small_vocab.h"
#include "support/golden.h"

namespace attnx::text {
namespace {

using test::GgufBuilder;
using test::GgufValue;
using enum Kind;

const std::vector<Token> kThree = {{"<unk>", unknown}, {"<s>", control}, {"</s>", control}};

GgufBuilder spm_file(const std::vector<Token>& tokens = kThree) { return vocab_file("llama", tokens); }
GgufBuilder bpe(const std::string& pre = "gpt-2") { return bpe_file(pre, {{"a"}, {"b"}, {"ab"}}, {"a b"}); }
GgufBuilder model(const std::string& name) {
    return GgufBuilder().key("general.architecture", "llama").key("tokenizer.ggml.model", name);
}
GgufBuilder unigram() { return vocab_file("t5", kThree); }

GgufBuilder with_byte_tokens(const std::string& name, int missing, bool first_is_byte = false) {
    std::vector<Token> tokens;
    if (!first_is_byte) tokens.push_back({"<unk>", unknown});
    for (int byte = 0; byte < 256; ++byte) {
        char text[8];
        std::snprintf(text, sizeof text, "<0x%02X>", static_cast<unsigned>(byte));
        if (byte != missing) tokens.push_back({text, Kind::byte});
    }
    return vocab_file(name, tokens);
}

std::vector<std::uint8_t> charsmap(std::uint32_t trie_bytes, std::size_t size) {
    std::vector<std::uint8_t> bytes(size, 0);
    for (std::size_t i = 0; i < 4 && i < size; ++i) bytes[i] = static_cast<std::uint8_t>(trie_bytes >> (8 * i));
    return bytes;
}

struct Row {
    const char* rule;
    GgufBuilder file;
    const char* key;        // that the refusal is about; nullptr: llama.cpp takes it
    const char* part = "";  // of the message
};

std::vector<Row> rows() {
    constexpr const char *kModel = "tokenizer.ggml.model", *kPre = "tokenizer.ggml.pre",
                         *kMerges = "tokenizer.ggml.merges", *kTokens = "tokenizer.ggml.tokens",
                         *kTypes = "tokenizer.ggml.token_type", *kScores = "tokenizer.ggml.scores",
                         *kMap = "tokenizer.ggml.precompiled_charsmap",
                         *kScheme = "tokenizer.ggml.metaspace.prepend_scheme";
    const std::vector<std::string> texts = {"a", "b"};
    const std::vector<float> floats = {0, 0};
    const std::vector<std::int32_t> normals = {1, 1};
    return {
        {"a vocabulary", spm_file(), nullptr},
        {"no model", GgufBuilder().key("general.architecture", "llama"), kModel, "is missing"},
        {"a model that is no string", GgufBuilder().key("general.architecture", "llama").key(kModel, 1u), kModel,
         "uint32"},
        {"an unknown model", model("mystery"), kModel, "mystery"},
        {"no vocabulary, and said so", model("no_vocab"), nullptr},
        {"the other word for it", model("none"), nullptr},
        {"no vocabulary, of a size", model("none").key("llama.vocab_size", 7u), nullptr},
        {"no vocabulary, of a size of another type", model("none").key("llama.vocab_size", 7), "llama.vocab_size",
         "int32"},
        {"a name that ends at a zero byte", model(std::string("none\0of it", 10)), nullptr},
        {"a pre-tokenizer that is no string", spm_file().key(kPre, 1u), kPre, "expects string"},
        {"an unknown pre-tokenizer", bpe("mystery"), kPre, "mystery"},
        {"an unknown pre-tokenizer where none is used", spm_file().key(kPre, "mystery"), nullptr},
        {"an empty pre-tokenizer", bpe(""), nullptr},
        {"no pre-tokenizer", vocab_file("gpt2", {{"a"}}).key(kMerges, texts), nullptr},
        {"a pre-tokenizer that came later", bpe("glm5"), nullptr},
        {"gemma4's own pre-tokenizer", bpe_file("mystery", {{"a"}}, {"a b"}, "gemma4"), nullptr},
        {"a count of token types of another type", spm_file().key("tokenizer.ggml.token_type_count", 1),
         "tokenizer.ggml.token_type_count"},
        {"BPE without merges", vocab_file("gpt2", {{"a"}}), kMerges, "is missing"},
        {"Kimi K2 without merges", vocab_file("gpt2", {{"a"}}).key(kPre, "kimi-k2"), nullptr},
        {"gemma4 without merges", vocab_file("gemma4", {{"a"}}), kMerges, "is missing"},
        {"merges that are no array", vocab_file("gpt2", {{"a"}}).key(kMerges, "a b"), kMerges, "array of strings"},
        {"merges that are no strings", vocab_file("gpt2", {{"a"}}).key(kMerges, floats), kMerges, "array of float32"},
        {"merges where none are used", spm_file().key(kMerges, 1u), nullptr},
        {"a charsmap that is no array", unigram().key(kMap, "x"), kMap},
        {"a charsmap that is not of bytes", unigram().key(kMap, floats), kMap},
        {"a charsmap without its length", unigram().key(kMap, charsmap(0, 3)), kMap},
        {"an empty charsmap", unigram().key(kMap, std::vector<std::uint8_t>{}), kMap},
        {"a charsmap longer than its bytes", unigram().key(kMap, charsmap(8, 12)), kMap},
        {"a charsmap that points outside itself", unigram().key(kMap, charsmap(4, 16)), kMap},
        {"a charsmap where none is used", spm_file().key(kMap, 1u), nullptr},
        {"a flag of another type", spm_file().key("tokenizer.ggml.add_space_prefix", 1u),
         "tokenizer.ggml.add_space_prefix"},
        {"another", spm_file().key("tokenizer.ggml.remove_extra_whitespaces", 1),
         "tokenizer.ggml.remove_extra_whitespaces"},
        {"another", spm_file().key("tokenizer.ggml.clean_spaces", "yes"), "tokenizer.ggml.clean_spaces"},
        {"no tokens", model("llama"), kTokens, "is missing"},
        {"tokens that are no array", model("llama").key(kTokens, "a"), kTokens},
        {"tokens that are no strings", model("llama").key(kTokens, floats), kTokens},
        {"tokens alone", model("llama").key(kTokens, texts), nullptr},
        {"scores that are whole numbers", model("llama").key(kTokens, texts).key(kScores, normals), nullptr},
        {"scores of another type", model("llama").key(kTokens, texts).key(kScores, std::vector<double>{0, 0}), kScores},
        {"scores that are no array", model("llama").key(kTokens, texts).key(kScores, 1.0F), kScores},
        {"too few scores", model("llama").key(kTokens, texts).key(kScores, std::vector<float>{0}), kScores,
         "1 values for 2"},
        {"too many scores", model("llama").key(kTokens, texts).key(kScores, std::vector<float>{0, 0, 0}), nullptr},
        {"token types of another type",
         model("llama").key(kTokens, texts).key(kTypes, std::vector<std::uint32_t>{1, 1}), kTypes},
        {"too few token types", model("llama").key(kTokens, texts).key(kTypes, std::vector<std::int32_t>{1}), kTypes,
         "1 values for 2"},
        {"too many token types", model("llama").key(kTokens, texts).key(kTypes, std::vector<std::int32_t>{1, 1, 1}),
         nullptr},
        {"a token type that is none", model("llama").key(kTokens, texts).key(kTypes, std::vector<std::int32_t>{1, 99}),
         nullptr},
        {"the same token twice", spm_file({{"a"}, {"b"}, {"a"}}), kTokens, "token 2, \"a\", is the same as token 0"},
        {"the same token up to a zero byte", spm_file({{"a"}, {std::string("a\0b", 3)}}), kTokens},
        {"empty tokens, which get names", spm_file({{""}, {"a"}, {""}}), nullptr},
        {"an empty token whose name is taken", spm_file({{""}, {"[EMPTY_0]"}}), kTokens},
        {"no tokens at all, SentencePiece", spm_file({}), nullptr},
        {"no tokens at all, BPE", bpe_file("gpt-2", {}, {}), nullptr},
        {"no tokens at all, WordPiece", vocab_file("bert", {}), kTokens, "0 tokens"},
        {"no tokens at all, RWKV", vocab_file("rwkv", {}), nullptr},
        {"no tokens at all, the test tokenizer", vocab_file("test", {}), kTokens},
        {"one token, the test tokenizer", vocab_file("test", {{"a"}}), nullptr},
        {"two tokens, unigram", vocab_file("t5", {{"a"}, {"b"}}), kTokens, "2 tokens"},
        {"PLaMo with every byte", with_byte_tokens("plamo2", -1), nullptr},
        {"PLaMo without one", with_byte_tokens("plamo2", 0x41), kTokens, "0x41"},
        {"PLaMo 3 without one", with_byte_tokens("plamo3", 0x41), kTokens, "0x41"},
        {"PLaMo whose token 0 is a byte", with_byte_tokens("plamo2", -1, true), kTokens, "0x00"},
        {"a byte token that does not say which", spm_file({{"<unk>", unknown}, {"x", Kind::byte}}), kTokens, "\"x\""},
        {"a byte token of WordPiece", vocab_file("bert", {{"a"}, {"<0x0A>", Kind::byte}}), kTokens},
        {"a byte token of RWKV", vocab_file("rwkv", {{"a"}, {"x", Kind::byte}}), nullptr},
        {"a special id of another type", spm_file().key("tokenizer.ggml.bos_token_id", 1),
         "tokenizer.ggml.bos_token_id"},
        {"a special id under its old name", spm_file().key("tokenizer.ggml.middle_token_id", 1),
         "tokenizer.ggml.middle_token_id"},
        {"a special id beyond the tokens", spm_file().key("tokenizer.ggml.eos_token_id", 99u), nullptr},
        {"another flag of another type", spm_file().key("tokenizer.ggml.add_bos_token", 1u),
         "tokenizer.ggml.add_bos_token"},
        {"a normaliser of another type", spm_file().key("tokenizer.ggml.normalizer.nfc", 1u),
         "tokenizer.ggml.normalizer.nfc"},
        {"a scheme", spm_file().key(kScheme, "always"), nullptr},
        {"a scheme that is none", spm_file().key(kScheme, "often"), kScheme, "often"},
        {"a scheme that BPE does not have", bpe().key(kScheme, "always"), kScheme, "BPE"},
        {"suppressed tokens", spm_file().key("tokenizer.ggml.suppress_tokens", std::vector<std::int32_t>{1, 99}),
         nullptr},
        {"suppressed tokens of another type",
         spm_file().key("tokenizer.ggml.suppress_tokens", std::vector<std::uint32_t>{1}),
         "tokenizer.ggml.suppress_tokens"},
        {"a Phi 3 with its tokens",
         spm_file({{"<unk>"}, {"<s>"}, {"</s>"}, {"<|endoftext|>"}}).key("general.name", "Phi-3 mini"), nullptr},
        {"a Phi 3 without one of them", spm_file().key("general.name", "My PHI3"), kTokens, "<|endoftext|>"},
        {"Soprano without an end", bpe("soprano"), "tokenizer.ggml.eos_token_id"},
        {"Soprano with one", bpe("soprano").key("tokenizer.ggml.eos_token_id", 2u), nullptr},
        {"a key nobody reads", spm_file().key("tokenizer.ggml.cls_token_id", "x").key("tokenizer.chat_template", 1u),
         nullptr},
    };
}

std::optional<Refusal> verdict(const GgufBuilder& builder, Tokens tokens = Tokens::read) {
    const std::vector<std::byte> bytes = builder.bytes();
    const gguf::File file = gguf::File::from_bytes(bytes, "m.gguf");
    return vocabulary_refusal(file.metadata(), tokens);
}

TEST(VocabularyVerdict, is_llama_cpps_rule_by_rule) {
    std::size_t number = 0;
    for (const Row& row : rows()) {
        SCOPED_TRACE(row.rule);
        if (const char* folder = std::getenv("ATTNX_KEEP_FILES"))  // to ask llama.cpp
            row.file.write(std::filesystem::path(folder) / (std::to_string(1000 + number++) + ".gguf"));
        const auto refusal = verdict(row.file);
        EXPECT_EQ(refusal ? refusal->name : "", row.key == nullptr ? "" : row.key)
            << (refusal ? refusal->message : "nothing refused");
        EXPECT_NE((refusal ? refusal->message : "").find(row.part), std::string::npos)
            << (refusal ? refusal->message : "");
    }
}

TEST(VocabularyVerdict, leaves_the_tokens_unread_when_told_to) {
    EXPECT_TRUE(verdict(spm_file({{"a"}, {"a"}}), Tokens::read));
    EXPECT_FALSE(verdict(spm_file({{"a"}, {"a"}}), Tokens::unread));
    EXPECT_TRUE(verdict(bpe("mystery"), Tokens::unread));
}

TEST(VocabularyVerdict, escapes_what_comes_from_the_file) {
    const auto refusal = verdict(model("\x1b[31m\n"));
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->message.find('\x1b'), std::string::npos);
    EXPECT_EQ(refusal->message.find('\n'), std::string::npos);
}

TEST(VocabularyVerdict, takes_every_real_vocabulary) {
    std::size_t seen = 0;
    for (const auto& path : test::golden_files("tokenizer", ".gguf")) {
        const gguf::File file = gguf::File::open(path);
        const auto refusal = vocabulary_refusal(file.metadata(), Tokens::read);
        EXPECT_FALSE(refusal) << path << ": " << refusal->message;
        ++seen;
    }
    EXPECT_EQ(seen, 15U);
}

}  // namespace
}  // namespace attnx::text
