// Vocabularies of a few tokens, written out in the test.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "attnx/gguf/file.h"
#include "attnx/text/tokenizer.h"
#include "support/gguf_builder.h"

namespace attnx::text {

enum class Kind : std::int32_t {
    undefined = 0,
    normal = 1,
    unknown = 2,
    control = 3,
    user_defined = 4,
    unused = 5,
    byte = 6
};

struct Token {
    std::string text;
    Kind kind = Kind::normal;
    float score = 0;
};

// Ids are positions in the list.
inline test::GgufBuilder vocab_file(const std::string& model, const std::vector<Token>& tokens) {
    std::vector<std::string> texts;
    std::vector<std::int32_t> kinds;
    std::vector<float> scores;
    for (const Token& token : tokens) {
        texts.push_back(token.text);
        kinds.push_back(static_cast<std::int32_t>(token.kind));
        scores.push_back(token.score);
    }
    test::GgufBuilder builder;
    builder.key("general.architecture", "llama").key("tokenizer.ggml.model", model);
    return builder.key("tokenizer.ggml.tokens", texts)
        .key("tokenizer.ggml.token_type", kinds)
        .key("tokenizer.ggml.scores", scores);
}

inline test::GgufBuilder bpe_file(const std::string& pre, const std::vector<Token>& tokens,
                                  const std::vector<std::string>& merges, const std::string& model = "gpt2") {
    return vocab_file(model, tokens).key("tokenizer.ggml.pre", pre).key("tokenizer.ggml.merges", merges);
}

// A tokenizer together with the file that it views.
struct Small {
    explicit Small(const test::GgufBuilder& builder)
        : bytes(builder.bytes()),
          file(gguf::File::from_bytes(bytes, "small.gguf")),
          tokenizer(Tokenizer::from(file.metadata())) {}

    std::vector<TokenId> ids(std::string_view text) const { return tokenizer.encode(text, false, false); }
    std::vector<TokenId> ids_special(std::string_view text) const { return tokenizer.encode(text, true, true); }

    std::vector<std::byte> bytes;
    gguf::File file;
    Tokenizer tokenizer;
};

using Ids = std::vector<TokenId>;

}  // namespace attnx::text
