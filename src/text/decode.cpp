#include "decode.h"

#include <fmt/format.h>

#include "encoder.h"
#include "pretokenize.h"
#include "unicode.h"

// The rules are llama.cpp's (b12032, src/llama-vocab.cpp, token_to_piece and detokenize), byte for byte.

namespace attnx::text {
namespace {

// From GPT-2's byte alphabet. A character outside it becomes a note that names it and repeats the token.
std::string from_printable_bytes(std::string_view text) {
    std::string out;
    for (const char32_t c : decode_utf8(text)) {
        if (const auto byte = printable_to_byte(c)) {
            out += static_cast<char>(*byte);
            continue;
        }
        std::string character;
        append_utf8(character, c);
        out += "[UNK_BYTE_0x";
        for (const char byte : character) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
        out.append(text) += ']';
    }
    return out;
}

std::string byte_piece(std::string_view text) {
    const auto byte = byte_of_token(text);
    return byte ? std::string(1, static_cast<char>(*byte)) : std::string(text);
}

std::string plamo_piece(const Vocab& vocab, TokenId id) {
    const std::string_view text = vocab.text(id);
    const auto byte = vocab.has(id, attribute::byte) ? spelled_byte(text) : std::nullopt;
    return byte ? std::string(1, static_cast<char>(*byte)) : std::string(text);
}

std::string normal_piece(const Vocab& vocab, std::string_view text) {
    if (vocab.pre() != nullptr && vocab.pre()->plain_words) return std::string(text);
    const bool printable_bytes = vocab.type() == VocabType::bpe && !vocab.rules().escape_spaces;
    return printable_bytes ? from_printable_bytes(text) : replace_all(text, kEscapedSpace, " ");
}

bool is_punctuation_after_space(char c) { return c == '?' || c == '!' || c == '.' || c == ','; }

std::string drop_space_before_punctuation(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && text[i - 1] == ' ' && is_punctuation_after_space(text[i])) out.pop_back();
        out += text[i];
    }
    return out;
}

// " ' " loses both spaces; the second counts no more for what follows.
std::string join_lone_apostrophes(std::string_view text) {
    std::string out;
    bool space_before = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool lone = space_before && text[i] == '\'' && i + 1 < text.size() && text[i + 1] == ' ';
        if (lone) out.pop_back();
        out += text[i];
        space_before = text[i] == ' ';
        if (lone) ++i;
    }
    return out;
}

// " 's", " 'm", " 're" and " 've" lose the space; " 't", " 'd" and " 'll" keep it.
std::string join_contractions(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && text[i - 1] == ' ' && text[i] == '\'' && i + 1 < text.size()) {
            const std::string_view after = text.substr(i + 1);
            if (after[0] == 's' || after[0] == 'm' || after.starts_with("re") || after.starts_with("ve"))
                out.pop_back();
        }
        out += text[i];
    }
    return out;
}

}  // namespace

std::string token_piece(const Vocab& vocab, TokenId id) {
    const std::string_view text = vocab.text(id);
    if (vocab.type() == VocabType::rwkv) return unescape_rwkv(text);
    if (vocab.type() == VocabType::plamo2 || vocab.type() == VocabType::plamo3) return plamo_piece(vocab, id);
    if (vocab.type() == VocabType::test) return fmt::format("{:x}", id);
    if (vocab.has(id, attribute::unknown | attribute::control | attribute::user_defined)) return std::string(text);
    if (vocab.has(id, attribute::normal)) return normal_piece(vocab, text);
    return vocab.has(id, attribute::byte) ? byte_piece(text) : std::string();
}

std::string clean_up_spaces(std::string_view text) {
    return join_contractions(join_lone_apostrophes(drop_space_before_punctuation(text)));
}

}  // namespace attnx::text
