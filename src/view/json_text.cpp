#include "json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "attnx/base/text.h"
#include "people.h"

namespace attnx::view {
namespace {

void append_escaped(std::string& to, std::string_view valid) {
    for (std::size_t i = 0; i < valid.size();) {
        const std::size_t length = codepoint_length(valid, i);
        const std::string_view piece = valid.substr(i, length);
        const char c = piece.front();
        if (c == '"' || c == '\\') (to += '\\') += c;
        else if (c == '\n') to += "\\n";
        else if (c == '\t') to += "\\t";
        else if (c == '\r') to += "\\r";
        else if (const auto control = unsafe_codepoint(piece))
            fmt::format_to(std::back_inserter(to), "\\u{:04x}", *control);
        else to += piece;
        i += length;
    }
}

struct JsonCell {
    std::string& to;

    void operator()(std::monostate) const { to += "null"; }
    void operator()(bool value) const { to += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(to), "{}", value); }
    void operator()(std::uint64_t value) const { fmt::format_to(std::back_inserter(to), "{}", value); }
    void operator()(double value) const { append_json(to, value); }
    void operator()(const std::string& value) const { append_json(to, std::string_view(value)); }
    void operator()(const Token& token) const { append_json(to, std::string_view(token.bytes)); }
    void operator()(const List& list) const { append_json(to, list); }
};

}  // namespace

void append_json(std::string& to, const List& list) {
    to += '[';
    for (const Cell& item : list) {
        if (&item != &list.front()) to += ", ";
        append_json(to, item);
    }
    to += ']';
}

void append_json(std::string& to, std::string_view text) {
    to += '"';
    const bool plain =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; });
    if (plain) to += text;
    else append_escaped(to, to_valid_utf8(text));
    to += '"';
}

void append_json(std::string& to, double value) { to += std::isfinite(value) ? exact_text(value) : "null"; }

void append_json(std::string& to, float value) {
    if (!std::isfinite(value)) to += "null";
    else fmt::format_to(std::back_inserter(to), "{}", value);
}

void append_json(std::string& to, const Cell& cell) { std::visit(JsonCell{to}, cell.value); }

}  // namespace attnx::view
