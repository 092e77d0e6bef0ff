// text: code points as llama.cpp reads them. Character properties come from utf8proc; nothing is tabulated
// here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attnx::text {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// General categories, joined as tokenizer rules join them.
enum class Category : std::uint8_t { unassigned, letter, mark, number, punctuation, symbol, separator, control };

Category category(char32_t c);
bool is_whitespace(char32_t c);                // the property White_Space
bool is_han(char32_t c);                       // the CJK blocks that the Kimi K2 rule calls Han, assigned or not
char32_t lower(char32_t c);                    // the simple lower case mapping
char32_t nfd_head(char32_t c);                 // the first code point of the canonical decomposition
std::u32string nfc(std::u32string_view text);  // Normalization Form C (UAX #15); surrogates stay
bool is_ascii_space(char c);                   // isspace() in the C locale

// Bytes of a character by its first byte alone; 1 for bytes that begin none.
std::size_t length_by_lead_byte(char lead);

// The code point at `offset`, which moves past it. Nothing (and no move) where the bytes form none. As
// lenient as llama.cpp: surrogates are taken; overlong forms and what lies past U+10FFFF are not.
std::optional<char32_t> decode_one(std::string_view text, std::size_t& offset);
// Each byte that begins no code point becomes U+FFFD.
std::u32string decode_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t c);
std::string to_utf8(std::u32string_view text);

// GPT-2's alphabet: every byte as a printable character, so that a vocabulary can be stored as text
// (Radford et al. 2019, encoder.py, bytes_to_unicode): printable Latin-1 stands for itself, the other 68
// bytes follow from U+0100.
char32_t byte_to_printable(unsigned char byte);
std::optional<unsigned char> printable_to_byte(char32_t c);
std::string to_printable_bytes(std::string_view bytes);

// "▁", which stands for a space in SentencePiece vocabularies.
inline constexpr std::string_view kEscapedSpace = "\xE2\x96\x81";
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

// The byte that a token such as "<0x0A>" names (its two digits are read as strtol would); nothing when too
// short to name one.
std::optional<unsigned char> byte_of_token(std::string_view token);
// The byte of exactly "<0x", two digits, ">"; nothing of anything else.
std::optional<unsigned char> spelled_byte(std::string_view token);
std::string token_of_byte(unsigned char byte);

}  // namespace attnx::text
