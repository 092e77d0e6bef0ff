// One table, or facts as one row. Quoted as in RFC 4180, but lines end with a bare newline, as Unix tools expect.
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "attnx/base/text.h"
#include "attnx/view/csv.h"
#include "attnx/view/token.h"
#include "people.h"
#include "pieces.h"
#include "renderers.h"
#include "sheet.h"

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

std::string field(const Cell* cell) {
    if (cell == nullptr) return {};
    const std::string text = std::visit(Plain{}, cell->value);
    return is_number(*cell) ? text : csv_field(text);
}

// One line per run of the fastest axis, led by its places along the others.
void write_numbers(const NumberSheet& numbers, Pieces& out) {
    const std::vector<Axis>& axes = numbers.axes;
    const std::size_t outer = axes.empty() ? 0 : axes.size() - 1;
    const std::uint64_t columns = axes.empty() ? 1 : axes.back().size;
    std::uint64_t runs = columns > 0 ? 1 : 0;
    for (std::size_t axis = 0; axis < outer; ++axis) {
        out.text += csv_field(axes[axis].id) + ",";
        runs *= axes[axis].size;
    }
    for (std::uint64_t i = 0; i < columns; ++i) {
        const Cell label = axes.empty() ? Cell(0) : label_of(axes.back(), i);
        out.text += (i > 0 ? "," : "") + field(&label);
    }
    out.text += '\n';
    std::vector<std::uint64_t> place(outer);
    for (std::uint64_t run = 0; run < runs; ++run) {
        for (std::size_t axis = 0; axis < outer; ++axis) {
            const Cell label = label_of(axes[axis], place[axis]);
            out.text += field(&label) + ",";
        }
        const RowValues values = (*numbers.rows)(run);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) out.text += ',';
            if (std::isfinite(values[i])) fmt::format_to(std::back_inserter(out.text), "{}", values[i]);
            out.settle();
        }
        out.text += '\n';
        for (std::size_t axis = outer; axis-- > 0;) {
            if (++place[axis] < axes[axis].size) break;
            place[axis] = 0;
        }
    }
}

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

void render_csv(const Document& document, const Surface&, Sink& out) {
    Pieces pieces(out);
    if (const auto numbers = main_numbers(document)) {
        write_numbers(*numbers, pieces);
        return pieces.finish();
    }
    const Sheet sheet = main_sheet(document);
    for (std::size_t i = 0; i < sheet.head.size(); ++i) pieces.text += (i > 0 ? "," : "") + csv_field(sheet.head[i]);
    pieces.text += '\n';
    for (std::size_t row = 0; row < sheet.rows.size(); ++row) {
        for (std::size_t i = 0; i < sheet.head.size(); ++i) pieces.text += (i > 0 ? "," : "") + field(sheet.at(row, i));
        pieces.text += '\n';
        pieces.settle();
    }
    pieces.finish();
}

}  // namespace attnx::view
