#include "vocabulary_file.h"

#include <string>

#include "support/gguf_builder.h"

namespace attnx::bench {
namespace {

// Text of a length that varies from item to item as real tokens do, the same on every run.
std::string text(std::uint64_t index, std::size_t shortest, std::size_t spread) {
    const std::uint64_t hash = (index + 1) * 0x9E3779B97F4A7C15;
    return std::string(shortest + (hash >> 40) % spread, static_cast<char>('a' + (hash >> 20) % 26));
}

}  // namespace

std::vector<std::byte> vocabulary_file(std::uint32_t tokens) {
    const auto merges = static_cast<std::uint32_t>(std::uint64_t{tokens} * 514'906 / 262'144);
    std::vector<std::string> token_texts, merge_texts;
    for (std::uint32_t i = 0; i < tokens; ++i) token_texts.push_back(text(i, 3, 24));
    for (std::uint32_t i = 0; i < merges; ++i) merge_texts.push_back(text(i, 8, 44));
    return test::GgufBuilder()
        .key("general.architecture", "llama")
        .key("general.name", "benchmark")
        .key("llama.block_count", 34u)
        .key("tokenizer.ggml.tokens", token_texts)
        .key("tokenizer.ggml.scores", std::vector<float>(tokens, -1.0f))
        .key("tokenizer.ggml.token_type", std::vector<std::int32_t>(tokens, 1))
        .key("tokenizer.ggml.merges", merge_texts)
        .bytes();
}

}  // namespace attnx::bench
