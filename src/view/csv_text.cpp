#include "csv_text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "attnx/base/text.h"
#include "attnx/view/token.h"
#include "people.h"

namespace attnx::view {
namespace {

struct Plain {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return std::isfinite(value) ? exact_text(value) : std::string(); }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(const Token& token) const { return plain_token(token.bytes); }
    std::string operator()(const List& list) const {
        std::string text;
        for (const Cell& cell : list) {
            if (&cell != &list.front()) text += ' ';
            text += std::visit(*this, cell.value);
        }
        return text;
    }
};

}  // namespace

std::string csv_field(std::string_view text) {
    std::string field = printable(text);
    // A spreadsheet would run such a cell as a formula.
    if (!field.empty() && std::string_view("=+-@").find(field.front()) != std::string_view::npos)
        field.insert(0, 1, '\'');
    if (!text.empty() && (text.front() == '\t' || text.front() == '\r')) field.insert(0, 1, '\'');
    if (field.find_first_of("\",\n") == std::string::npos) return field;
    std::string quoted = "\"";
    for (const char c : field) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + "\"";
}

std::string csv_cell(const Cell& cell) {
    const std::string text = std::visit(Plain{}, cell.value);
    return is_number(cell) ? text : csv_field(text);
}

void append_csv(std::string& to, float value) {
    if (std::isfinite(value)) fmt::format_to(std::back_inserter(to), "{}", value);
}

}  // namespace attnx::view
