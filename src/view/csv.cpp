// One table, or facts as one row. Quoted as in RFC 4180, but lines end with a bare newline, as Unix tools expect.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "attnx/base/text.h"
#include "attnx/view/csv.h"
#include "people.h"
#include "renderers.h"

namespace attnx::view {
namespace {

struct Sheet {
    std::vector<std::string> head;
    std::vector<std::vector<const Cell*>> rows;  // nullptr: an empty field
};

struct Plain {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return std::isfinite(value) ? exact_text(value) : std::string(); }
    std::string operator()(const std::string& value) const { return value; }
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

Sheet sheet_of(const Table& table) {
    Sheet sheet;
    sheet.rows.resize(table.rows.size());
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const Column& column = table.columns[c];
        if (!for_scripts(column.show) || column.id.empty()) continue;
        sheet.head.push_back(column.id);
        for (std::size_t r = 0; r < table.rows.size(); ++r) sheet.rows[r].push_back(&table.rows[r][c]);
    }
    return sheet;
}

// "rows/3/total_bytes" below "rows" is field total_bytes of row 3; without an index all facts make one row.
struct Place {
    std::size_t row = 0;
    std::string_view field;
};

std::optional<Place> place_of(std::string_view id, std::string_view prefix) {
    if (!prefix.empty()) {
        if (!id.starts_with(prefix) || id.size() <= prefix.size() || id[prefix.size()] != '/') return std::nullopt;
        id.remove_prefix(prefix.size() + 1);
    }
    Place place{0, id};
    const auto parsed = std::from_chars(id.data(), id.data() + id.size(), place.row);
    if (parsed.ec == std::errc() && parsed.ptr != id.data() + id.size() && *parsed.ptr == '/')
        place.field = id.substr(static_cast<std::size_t>(parsed.ptr - id.data()) + 1);
    return place;
}

void add_fact(Sheet& sheet, const Place& place, const Cell& cell) {
    const auto found = std::find(sheet.head.begin(), sheet.head.end(), place.field);
    const auto column = static_cast<std::size_t>(found - sheet.head.begin());
    if (found == sheet.head.end()) sheet.head.emplace_back(place.field);
    if (sheet.rows.size() <= place.row) sheet.rows.resize(place.row + 1);
    sheet.rows[place.row].resize(std::max(sheet.rows[place.row].size(), column + 1));
    sheet.rows[place.row][column] = &cell;
}

Sheet sheet_of_facts(const Document& document, std::string_view prefix) {
    Sheet sheet;
    for (const Block& block : document.blocks) {
        const Facts* facts = std::get_if<Facts>(&block);
        if (facts == nullptr || !for_scripts(facts->show)) continue;
        for (const Fact& fact : facts->facts) {
            if (!for_scripts(fact.show) || fact.id.empty()) continue;
            if (const auto place = place_of(fact.id, prefix)) add_fact(sheet, *place, fact.value);
        }
    }
    return sheet;
}

const Table* chosen_table(const Document& document) {
    for (const Block& block : document.blocks) {
        const Table* table = std::get_if<Table>(&block);
        if (table == nullptr || table->id.empty()) continue;
        if (document.csv_table.empty() ? table->show == Show::all : table->id == document.csv_table) return table;
    }
    return nullptr;
}

// One line per run of the fastest dimension, led by its indices along the others: "i0,i1,0,1,2…".
std::string numbers_as_csv(const Numbers& numbers) {
    const std::size_t axes = numbers.shape.size();
    std::vector<std::uint64_t> index = numbers.first;
    index.resize(axes);
    const std::uint64_t columns = axes == 0 ? 1 : numbers.shape.back();
    std::string text;
    for (std::size_t axis = 0; axis + 1 < axes; ++axis) text += fmt::format("i{},", axis);
    for (std::uint64_t i = 0; i < columns; ++i)
        text += fmt::format("{}{}", i > 0 ? "," : "", (axes == 0 ? 0 : index.back()) + i);
    text += '\n';
    for (std::size_t next = 0; next < numbers.values.size();) {
        for (std::size_t axis = 0; axis + 1 < axes; ++axis) text += fmt::format("{},", index[axis]);
        for (std::uint64_t i = 0; i < columns; ++i) {
            const float value = numbers.values[next++];
            if (i > 0) text += ',';
            if (std::isfinite(value)) text += fmt::format("{}", value);
        }
        text += '\n';
        for (std::size_t axis = axes - (axes > 0); axis-- > 0;) {
            const std::uint64_t first = axis < numbers.first.size() ? numbers.first[axis] : 0;
            if (++index[axis] < first + numbers.shape[axis]) break;
            index[axis] = first;
        }
    }
    return text;
}

const Numbers* chosen_numbers(const Document& document) {
    for (const Block& block : document.blocks) {
        const Numbers* numbers = std::get_if<Numbers>(&block);
        if (numbers != nullptr && !numbers->id.empty() && numbers->id == document.csv_table) return numbers;
    }
    return nullptr;
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

std::string render_csv(const Document& document, const Surface&) {
    if (const Numbers* numbers = chosen_numbers(document)) return numbers_as_csv(*numbers);
    const Table* table = chosen_table(document);
    Sheet sheet = table != nullptr ? sheet_of(*table) : sheet_of_facts(document, document.csv_table);
    // Several answers at once are `rows` by convention.
    if (table == nullptr && document.csv_table.empty())
        if (Sheet rows = sheet_of_facts(document, "rows"); !rows.head.empty()) sheet = std::move(rows);
    std::string text;
    for (std::size_t i = 0; i < sheet.head.size(); ++i) text += (i > 0 ? "," : "") + csv_field(sheet.head[i]);
    text += '\n';
    for (const auto& row : sheet.rows) {
        for (std::size_t i = 0; i < sheet.head.size(); ++i)
            text += (i > 0 ? "," : "") + field(i < row.size() ? row[i] : nullptr);
        text += '\n';
    }
    return text;
}

}  // namespace attnx::view
