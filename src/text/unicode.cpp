#include "unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

namespace attnx::text {
namespace {

constexpr bool is_printable_latin1(unsigned c) {
    return (c >= 0x21 && c <= 0x7E) || (c >= 0xA1 && c <= 0xAC) || (c >= 0xAE && c <= 0xFF);
}

constexpr std::size_t kOtherBytes = 68;

struct ByteAlphabet {
    std::array<char32_t, 256> printable{};
    std::array<std::int16_t, 256 + kOtherBytes> byte{};
};

constexpr ByteAlphabet make_byte_alphabet() {
    ByteAlphabet alphabet;
    for (auto& byte : alphabet.byte) byte = -1;
    char32_t next = 256;
    for (unsigned b = 0; b < 256; ++b) {
        const char32_t c = is_printable_latin1(b) ? static_cast<char32_t>(b) : next++;
        alphabet.printable[b] = c;
        alphabet.byte[c] = static_cast<std::int16_t>(b);
    }
    return alphabet;
}

constexpr ByteAlphabet kAlphabet = make_byte_alphabet();

std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xC0) return 0;
    if (lead < 0xE0) return 2;
    if (lead < 0xF0) return 3;
    return lead < 0xF8 ? 4 : 0;
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

// Canonically; a code point that is no character is itself.
std::u32string decomposed(char32_t c) {
    std::array<utf8proc_int32_t, 32> parts{};
    const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(),
                                               static_cast<utf8proc_ssize_t>(parts.size()), options, nullptr);
    return count > 0 ? std::u32string(parts.begin(), parts.begin() + count) : std::u32string(1, c);
}

}  // namespace

Category category(char32_t c) {
    const auto general = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    if (general == UTF8PROC_CATEGORY_CN) return Category::unassigned;
    if (general <= UTF8PROC_CATEGORY_LO) return Category::letter;
    if (general <= UTF8PROC_CATEGORY_ME) return Category::mark;
    if (general <= UTF8PROC_CATEGORY_NO) return Category::number;
    if (general <= UTF8PROC_CATEGORY_PO) return Category::punctuation;
    if (general <= UTF8PROC_CATEGORY_SO) return Category::symbol;
    if (general <= UTF8PROC_CATEGORY_ZP) return Category::separator;
    return Category::control;
}

bool is_whitespace(char32_t c) {
    if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
    return c == 0x85 || category(c) == Category::separator;
}

bool is_han(char32_t c) {
    // CJK Unified Ideographs, its extensions A to F, and the two compatibility blocks.
    constexpr std::array<std::array<char32_t, 2>, 5> kBlocks = {
        {{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x2A6DF}, {0x2F800, 0x2FA1F}}};
    if (c >= 0x2A700 && c <= 0x2EBEF) return true;
    return std::any_of(kBlocks.begin(), kBlocks.end(),
                       [c](const auto& block) { return c >= block[0] && c <= block[1]; });
}

char32_t lower(char32_t c) { return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))); }

char32_t nfd_head(char32_t c) { return decomposed(c).front(); }

std::u32string nfc(std::u32string_view text) {
    std::vector<utf8proc_int32_t> characters;
    for (const char32_t c : text)
        for (const char32_t part : decomposed(c)) characters.push_back(static_cast<utf8proc_int32_t>(part));
    // Marks that combine go by their class; those of one class stay in their order.
    const auto class_of = [](utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; };
    for (auto begin = characters.begin(); begin != characters.end();) {
        const auto end = std::find_if(begin, characters.end(), [&](auto c) { return class_of(c) == 0; });
        std::stable_sort(begin, end, [&](auto a, auto b) { return class_of(a) < class_of(b); });
        begin = end == characters.end() ? end : end + 1;
    }
    const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    const auto length =
        utf8proc_normalize_utf32(characters.data(), static_cast<utf8proc_ssize_t>(characters.size()), options);
    return {characters.begin(), characters.begin() + std::max<utf8proc_ssize_t>(length, 0)};
}

bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::size_t length_by_lead_byte(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    if (byte < 0xC0) return 1;
    if (byte < 0xE0) return 2;
    return byte < 0xF0 ? 3 : 4;
}

std::optional<char32_t> decode_one(std::string_view text, std::size_t& offset) {
    const auto byte_at = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
    const std::size_t length = sequence_length(byte_at(0));
    if (length == 0 || length > text.size() - offset) return std::nullopt;
    constexpr std::array<unsigned char, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
    char32_t c = byte_at(0) & kLeadBits[length];
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(i) & 0xC0) != 0x80) return std::nullopt;
        c = c << 6 | (byte_at(i) & 0x3Fu);
    }
    constexpr std::array<char32_t, 5> kFirst = {0, 0, 0x80, 0x800, 0x10000};  // what is shorter is written shorter
    if (c < kFirst[length] || c > 0x10FFFF) return std::nullopt;
    offset += length;
    return c;
}

std::u32string decode_utf8(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t offset = 0; offset < text.size();) {
        if (const auto c = decode_one(text, offset)) {
            out.push_back(*c);
        } else {
            out.push_back(kReplacementCharacter);
            ++offset;
        }
    }
    return out;
}

void append_utf8(std::string& out, char32_t c) {
    const auto tail = [&](unsigned shift) { out.push_back(static_cast<char>(0x80 | (c >> shift & 0x3F))); };
    if (c < 0x80) {
        out.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
        out.push_back(static_cast<char>(0xC0 | c >> 6));
        tail(0);
    } else if (c < 0x10000) {
        out.push_back(static_cast<char>(0xE0 | c >> 12));
        tail(6);
        tail(0);
    } else {
        out.push_back(static_cast<char>(0xF0 | c >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::string to_utf8(std::u32string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char32_t c : text) append_utf8(out, c);
    return out;
}

char32_t byte_to_printable(unsigned char byte) { return kAlphabet.printable[byte]; }

std::optional<unsigned char> printable_to_byte(char32_t c) {
    if (c >= kAlphabet.byte.size() || kAlphabet.byte[c] < 0) return std::nullopt;
    return static_cast<unsigned char>(kAlphabet.byte[c]);
}

std::string to_printable_bytes(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char byte : bytes) append_utf8(out, byte_to_printable(static_cast<unsigned char>(byte)));
    return out;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    out.reserve(text.size());
    std::size_t begin = 0;
    for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, begin)) {
        out.append(text, begin, at - begin).append(to);
        begin = at + from.size();
    }
    return out.append(text, begin);
}

std::optional<unsigned char> byte_of_token(std::string_view token) {
    if (token.size() < 3) return std::nullopt;
    unsigned value = 0;
    for (const char c : token.substr(3, 2)) {
        const auto digit = hex_digit(c);
        if (!digit) break;
        value = value << 4 | *digit;
    }
    return static_cast<unsigned char>(value);
}

std::optional<unsigned char> spelled_byte(std::string_view token) {
    constexpr std::size_t kSize = 6;
    const bool spelled = token.size() == kSize && token.starts_with("<0x") && token.ends_with('>');
    return spelled && hex_digit(token[3]) && hex_digit(token[4]) ? byte_of_token(token) : std::nullopt;
}

std::string token_of_byte(unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    return {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
}

}  // namespace attnx::text
