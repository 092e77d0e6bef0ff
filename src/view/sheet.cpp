#include "sheet.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "people.h"

namespace attnx::view {
namespace {

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

bool is_chosen(const Table& table, const Document& document) {
    if (table.id.empty()) return false;
    return document.csv_table.empty() ? table.show == Show::all : table.id == document.csv_table;
}

const Table* chosen_table(const Document& document) {
    for (const Block& block : document.blocks) {
        if (const auto* table = std::get_if<Table>(&block); table != nullptr && is_chosen(*table, document))
            return table;
        const auto* network = std::get_if<Network>(&block);
        if (network == nullptr) continue;
        for (const Table* table : {&network->edges, &network->nodes})
            if (is_chosen(*table, document)) return table;
    }
    return nullptr;
}

Sheet sheet_of(const Curves& curves) {
    Sheet sheet;
    sheet.head.push_back(curves.axis.id);
    sheet.rows.resize(curves.axis.size);
    for (std::size_t r = 0; r < sheet.rows.size(); ++r) sheet.rows[r].push_back(&curves.axis.labels[r]);
    for (const Series& series : curves.series) {
        sheet.head.push_back(series.id);
        for (std::size_t r = 0; r < sheet.rows.size(); ++r) sheet.rows[r].push_back(&series.values[r]);
    }
    return sheet;
}

const Curves* chosen_curves(const Document& document) {
    for (const Block& block : document.blocks)
        if (const auto* curves = std::get_if<Curves>(&block))
            if (!curves->id.empty() && curves->id == document.csv_table) return curves;
    return nullptr;
}

struct NumbersNamed {
    std::string_view id;

    template <class Block>
    std::optional<NumberSheet> operator()(const Block&) const {
        return std::nullopt;
    }
    std::optional<NumberSheet> operator()(const Numbers& numbers) const {
        if (numbers.id != id) return std::nullopt;
        return NumberSheet{axes_of(numbers), &numbers.rows};
    }
    std::optional<NumberSheet> operator()(const Matrix& matrix) const {
        if (matrix.id != id) return std::nullopt;
        return NumberSheet{{matrix.rows, matrix.columns}, &matrix.values};
    }
    std::optional<NumberSheet> operator()(const Grid& grid) const {
        if (grid.id != id) return std::nullopt;
        return NumberSheet{{grid.panels, grid.rows, grid.columns}, &grid.values};
    }
};

}  // namespace

std::optional<NumberSheet> main_numbers(const Document& document) {
    if (document.csv_table.empty()) return std::nullopt;
    for (const Block& block : document.blocks)
        if (auto numbers = std::visit(NumbersNamed{document.csv_table}, block)) return numbers;
    return std::nullopt;
}

std::vector<Axis> axes_of(const Numbers& numbers) {
    std::vector<Axis> axes;
    for (std::size_t i = 0; i < numbers.shape.size(); ++i) {
        Axis& axis = axes.emplace_back();
        axis.id = axis.name = i < numbers.names.size() ? numbers.names[i] : "i" + std::to_string(i);
        axis.size = numbers.shape[i];
        axis.first = i < numbers.first.size() ? numbers.first[i] : 0;
    }
    return axes;
}

Sheet main_sheet(const Document& document) {
    if (const Table* table = chosen_table(document)) return sheet_of(*table);
    if (const Curves* curves = chosen_curves(document)) return sheet_of(*curves);
    // Several answers at once are `rows` by convention.
    if (document.csv_table.empty())
        if (Sheet rows = sheet_of_facts(document, "rows"); !rows.head.empty()) return rows;
    return sheet_of_facts(document, document.csv_table);
}

}  // namespace attnx::view
