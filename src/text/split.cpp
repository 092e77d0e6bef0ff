#include "split.h"

#include <array>
#include <utility>

#include "attnx/base/error.h"
#include "unicode.h"

namespace attnx::text {
namespace {

// The byte that stands for a character beyond ASCII. All are above 0x7F, where PCRE2's \s, \d and case
// folding see nothing.
constexpr char kOther = '\x80', kNumber = '\x81', kLetter = '\x82', kPunctuation = '\x83', kMark = '\x84',
               kSymbol = '\x85', kHanLetter = '\x86', kHanOther = '\x87', kJoiner = '\x88', kLongS = '\x89',
               kSpace = '\v';

struct CategoryName {
    std::string_view name;
    std::string_view members;  // inside a bracketed class
};

constexpr std::array kCategories = {
    CategoryName{"N", "0-9\x81"},
    CategoryName{"L", "A-Za-z\x82\x86\x89"},
    CategoryName{"P", R"(!-#%-*,\-./:;?@\[-\]_{})"
                      "\x83"},
    CategoryName{"M", "\x84"},
    CategoryName{"S", R"($+<=>\^`|~)"
                      "\x85"},
    CategoryName{"non-ASCII L", "\x82\x86\x89"},
    CategoryName{"Han", "\x86\x87"},
    CategoryName{"L but not Han", "A-Za-z\x82\x89"},
    CategoryName{"joiner", "\x88"},
    CategoryName{"long s", "\x89"},
};

std::string_view members_of(std::string_view name) {
    for (const auto& category : kCategories)
        if (category.name == name) return category.members;
    throw Error(ErrorCode::internal, "a split rule names an unknown category: " + std::string(name));
}

char byte_for(char32_t c) {
    if (c < 0x80) return static_cast<char>(c);
    if (is_whitespace(c)) return kSpace;
    if (c == 0x17F) return kLongS;
    if (c == 0x200C || c == 0x200D) return kJoiner;
    switch (category(c)) {
        case Category::letter: return is_han(c) ? kHanLetter : kLetter;
        case Category::number: return kNumber;
        case Category::punctuation: return kPunctuation;
        case Category::mark: return kMark;
        case Category::symbol: return kSymbol;
        default: return is_han(c) ? kHanOther : kOther;
    }
}

// What the expressions run over, with the place of each code point in it.
struct SubjectText {
    std::string bytes;
    std::vector<std::size_t> begins;  // one more than code points; empty: code point i is byte i

    std::size_t begin_of(std::size_t index) const { return begins.empty() ? index : begins[index]; }
};

SubjectText categories_of(std::u32string_view text) {
    SubjectText subject;
    subject.bytes.reserve(text.size());
    for (const char32_t c : text) subject.bytes.push_back(byte_for(c));
    return subject;
}

SubjectText plain(std::u32string_view text) {
    SubjectText subject;
    subject.bytes.reserve(text.size());
    subject.begins.reserve(text.size() + 1);
    for (const char32_t c : text) {
        subject.begins.push_back(subject.bytes.size());
        const bool surrogate = c >= 0xD800 && c <= 0xDFFF;  // not UTF-8; no rule tells these from any other oddity
        append_utf8(subject.bytes, c >= 0x80 && is_whitespace(c) ? U'\v' : surrogate ? kReplacementCharacter : c);
    }
    subject.begins.push_back(subject.bytes.size());
    return subject;
}

// Splits one piece [begin, end) further, appending the ends of its parts.
void split_piece(Regex::Matcher& matcher, bool only_before, const SubjectText& subject, std::size_t begin,
                 std::size_t end, std::vector<std::size_t>& ends) {
    const std::size_t base = subject.begin_of(begin);
    const std::string_view piece = std::string_view(subject.bytes).substr(base, subject.begin_of(end) - base);
    std::size_t index = begin;  // code point at or before the place reached
    const auto end_part = [&](std::size_t byte) {
        while (subject.begin_of(index) < base + byte) ++index;
        if (index > begin && (ends.empty() || ends.back() != index)) ends.push_back(index);
    };
    for (std::size_t from = 0; from < piece.size();) {
        const auto match = matcher.find(piece, from);
        if (!match) break;
        end_part(match->begin);
        if (!only_before) end_part(match->end);
        from = match->end > from ? match->end : from + 1;
    }
    end_part(piece.size());
}

}  // namespace

bool names_categories(std::string_view pattern) { return pattern.find("\\p{") != pattern.npos; }

std::string expand_categories(std::string_view pattern) {
    std::string out;
    bool inside = false;  // a bracketed class
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern.substr(i, 3) == "\\p{") {
            const std::size_t close = pattern.find('}', i);
            const std::string_view members = members_of(pattern.substr(i + 3, close - i - 3));
            if (inside) out += members;
            else (out += '[').append(members) += ']';
            i = close;
            continue;
        }
        out += pattern[i];
        if (pattern[i] == '\\' && i + 1 < pattern.size()) out += pattern[++i];
        else if (pattern[i] == '[') inside = true;
        else if (pattern[i] == ']') inside = false;
    }
    return out;
}

Splitter::Splitter(std::span<const Split> splits) {
    steps_.reserve(splits.size());
    for (const Split& split : splits) {
        const bool over_categories = names_categories(split.pattern);
        Regex regex = over_categories ? Regex(expand_categories(split.pattern), Regex::Subject::bytes)
                                      : Regex(split.pattern, Regex::Subject::utf8);
        steps_.push_back(Step{std::move(regex), over_categories, split.only_before});
    }
}

std::vector<std::size_t> Splitter::piece_ends(std::u32string_view text) const {
    if (text.empty()) return {};
    SubjectText subjects[2];  // made when a step first wants them
    std::vector<std::size_t> ends = {text.size()};
    for (const Step& step : steps_) {
        SubjectText& subject = subjects[step.over_categories];
        if (subject.bytes.empty()) subject = step.over_categories ? categories_of(text) : plain(text);
        Regex::Matcher matcher(step.regex);
        std::vector<std::size_t> finer;
        finer.reserve(ends.size());
        std::size_t begin = 0;
        for (const std::size_t end : ends) {
            split_piece(matcher, step.only_before, subject, begin, end, finer);
            begin = end;
        }
        ends = std::move(finer);
    }
    return ends;
}

}  // namespace attnx::text
