#include "sample_vocabulary.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace attnx::tools {
namespace {

enum Kind : std::int32_t { normal = 1, unknown_token = 2, control = 3, byte = 6 };

constexpr std::array<std::string_view, 24> kWords = {"the", "cat", "sat", "on",  "a",   "mat", "and", "dog",
                                                     "ran", "to",  "one", "two", "red", "sun", "of",  "in",
                                                     "is",  "it",  "was", "he",  "she", "tea", "sea", "key"};

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581, SentencePiece's word boundary

}  // namespace

Vocabulary sample_vocabulary() {
    Vocabulary vocabulary;
    const auto add = [&](std::string token, Kind kind, float score) {
        const auto& known = vocabulary.tokens;
        if (std::find(known.begin(), known.end(), token) != known.end()) return;
        vocabulary.tokens.push_back(std::move(token));
        vocabulary.types.push_back(kind);
        vocabulary.scores.push_back(score);
    };
    add("<unk>", unknown_token, 0);
    add("<s>", control, 0);
    add("</s>", control, 0);
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (int i = 0; i < 256; ++i)
        add(std::string("<0x") + kDigits[static_cast<std::size_t>(i / 16)] + kDigits[static_cast<std::size_t>(i % 16)] +
                ">",
            byte, 0);
    // A word is reached by merging from the left, so each of its beginnings is a token too. Scores fall as merges get
    // longer in SentencePiece; here only their order matters.
    float score = -1;
    for (const std::string_view word : kWords)
        for (std::size_t length = 1; length <= word.size(); ++length)
            add(std::string(kSpace) + std::string(word.substr(0, length)), normal, score--);
    add(std::string(kSpace), normal, score--);
    for (char c = '!'; c <= '~'; ++c) add(std::string(1, c), normal, score--);
    return vocabulary;
}

}  // namespace attnx::tools
