#include "attnx/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace attnx {
namespace {

struct Decoded {
    std::uint32_t codepoint = 0;
    std::size_t length = 0;  // 0: ill-formed at this byte
};

Decoded decode(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    if (first < 0x80) return {first, 1};
    std::size_t length = 0;
    std::uint32_t codepoint = 0;
    std::uint32_t smallest = 0;
    if ((first & 0xE0) == 0xC0) {
        length = 2;
        codepoint = first & 0x1Fu;
        smallest = 0x80;
    } else if ((first & 0xF0) == 0xE0) {
        length = 3;
        codepoint = first & 0x0Fu;
        smallest = 0x800;
    } else if ((first & 0xF8) == 0xF0) {
        length = 4;
        codepoint = first & 0x07u;
        smallest = 0x10000;
    } else return {};
    if (text.size() - at < length) return {};
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80) return {};
        codepoint = (codepoint << 6) | (byte(at + i) & 0x3Fu);
    }
    const bool surrogate = codepoint >= 0xD800 && codepoint <= 0xDFFF;
    if (codepoint < smallest || codepoint > 0x10FFFF || surrogate) return {};
    return {codepoint, length};
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Controls that change how a line reads without being seen: bidirectional overrides, isolates, marks, line separators.
bool is_hidden_control(std::uint32_t c) {
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C ||
           c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

bool is_unsafe(std::uint32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0) || is_hidden_control(c); }

std::string escape_control(std::uint32_t c) {
    switch (c) {
        case '\n': return "\\n";
        case '\r': return "\\r";
        case '\t': return "\\t";
        default: return c < 0x100 ? fmt::format("\\x{:02x}", c) : fmt::format("\\u{:04x}", c);
    }
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = decode(text, i).length;
        if (length == 0) return false;
        i += length;
    }
    return true;
}

std::string to_valid_utf8(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = decode(text, i).length;
        result += length == 0 ? kReplacement : text.substr(i, length);
        i += length == 0 ? 1 : length;
    }
    return result;
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto [codepoint, length] = decode(text, i);
        if (length == 0) result += kReplacement;
        else if (is_unsafe(codepoint)) result += escape_control(codepoint);
        else result += text.substr(i, length);
        i += length == 0 ? 1 : length;
    }
    return result;
}

std::string in_lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

std::size_t codepoint_length(std::string_view valid, std::size_t at) { return decode(valid, at).length; }

std::optional<std::uint32_t> unsafe_codepoint(std::string_view valid) {
    const std::uint32_t codepoint = decode(valid, 0).codepoint;
    return is_unsafe(codepoint) ? std::optional(codepoint) : std::nullopt;
}

namespace {

struct Run {
    std::uint32_t first = 0, last = 0;

    std::uint32_t length() const { return last - first + 1; }
    std::string text() const { return std::to_string(first) + (first == last ? "" : "-" + std::to_string(last)); }
};

std::vector<Run> runs_of(std::span<const std::uint32_t> ascending) {
    std::vector<Run> runs;
    for (const std::uint32_t number : ascending) {
        if (!runs.empty() && runs.back().last + 1 == number) runs.back().last = number;
        else runs.push_back({number, number});
    }
    return runs;
}

// How many runs from `begin` on have its length and follow at one distance.
std::size_t alike(const std::vector<Run>& runs, std::size_t begin) {
    std::size_t end = begin + 1;
    while (end < runs.size() && runs[end].length() == runs[begin].length() &&
           runs[end].first - runs[end - 1].first == runs[begin + 1].first - runs[begin].first)
        ++end;
    return end - begin;
}

}  // namespace

std::string fold_numbers(std::span<const std::uint32_t> numbers) {
    std::string text;
    for (const Run& run : runs_of(numbers)) text += (text.empty() ? "" : ",") + run.text();
    return text;
}

std::string fold_alike(std::span<const std::uint32_t> numbers) {
    constexpr std::size_t kShortened = 4;
    const std::vector<Run> runs = runs_of(numbers);
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ",") + part; };
    for (std::size_t i = 0; i < runs.size();) {
        const std::size_t count = alike(runs, i);
        add(runs[i].text());
        if (count < kShortened) {
            ++i;
            continue;
        }
        add(runs[i + 1].text());
        add("…");
        add(runs[i + count - 1].text());
        i += count;
    }
    return text;
}

}  // namespace attnx
