#include "rewrite.h"

#include "unicode.h"

namespace attnx::text {

std::u32string begin_lines_with_a_space(std::u32string_view text) {
    constexpr char32_t kEscaped = 0x2581;
    std::u32string out;
    bool line_begins = true;
    for (const char32_t c : text) {
        if (line_begins && c != U'\n' && c != kEscaped) out.push_back(kEscaped);
        line_begins = c == U'\n';
        out.push_back(c);
    }
    return out;
}

std::u32string drop_joiners_after_brackets(std::u32string_view text) {
    constexpr char32_t kNonJoiner = 0x200C;
    std::u32string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out.push_back(text[i]);
        const bool bracket = text[i] == U'[' || text[i] == U'<';
        if (bracket && i + 1 < text.size() && text[i + 1] == kNonJoiner) ++i;
    }
    return out;
}

std::u32string lower_and_join_spaces(std::u32string_view text) {
    constexpr char32_t kDottedI = 0x130, kDotAbove = 0x307;  // the one letter whose lower case is two characters
    std::u32string out;
    bool in_space = false;
    for (const char32_t c : text) {
        const bool space = is_whitespace(c);
        if (space && !in_space) out.push_back(U' ');
        if (!space && c == kDottedI) out.append({U'i', kDotAbove});
        if (!space && c != kDottedI) out.push_back(lower(c));
        in_space = space;
    }
    return out;
}

}  // namespace attnx::text
