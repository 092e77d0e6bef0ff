#include "html.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "../field.h"
#include "../palette.h"
#include "../people.h"
#include "../xml_text.h"
#include "attnx/base/text.h"

namespace attnx::view {
namespace {

const Surface kPaper;

constexpr int kCell = 8;
constexpr std::uint64_t kMostSquares = 64;  // along the longer side

// One path for each of 33 colours.
void write_cells(const Field& small, Sink& out) {
    constexpr std::size_t kSteps = 32;
    std::array<std::string, kSteps + 1> paths;
    for (std::size_t i = 0; i < small.rows; ++i)
        for (std::size_t j = 0; j < small.columns; ++j) {
            const float value = small.at(i, j);
            if (std::isnan(value)) continue;
            const auto step = static_cast<std::size_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * kSteps));
            paths[step] += fmt::format("M{} {}h1v1h-1z", j, i);
        }
    for (std::size_t step = 0; step <= kSteps; ++step) {
        if (paths[step].empty()) continue;
        const Rgb c = colour_of(static_cast<double>(step) / kSteps, Tint::sequential);
        out.write(fmt::format("<path fill=\"#{:02x}{:02x}{:02x}\" d=\"{}\"/>", c.red, c.green, c.blue, paths[step]));
    }
}

void write_block(const Matrix& matrix, Sink& out) {
    const std::uint64_t longest = std::max(matrix.rows.size, matrix.columns.size);
    const std::uint64_t side = std::max<std::uint64_t>(1, (longest + kMostSquares - 1) / kMostSquares);
    const Field small = pooled(matrix.values, 0, matrix.rows.size, matrix.columns.size, {side, side}, Tint::sequential);
    const std::string title = html_text(matrix.title);
    std::string words = fmt::format("Rows are {}, columns are {}; from 0 (dark) to 1 (bright)",
                                    html_text(matrix.rows.name), html_text(matrix.columns.name));
    if (side > 1) words += fmt::format("; each square is the greatest of {0} × {0} cells", side);
    if (!matrix.shading.blank.empty()) words += fmt::format("; blank: {}", html_text(matrix.shading.blank));
    out.write(
        fmt::format("<figure><figcaption>{}. {}.</figcaption>\n<svg role=\"img\" aria-label=\"{}\" width=\"{}\" "
                    "height=\"{}\" viewBox=\"0 0 {} {}\" shape-rendering=\"crispEdges\">",
                    title, words, title, small.columns * kCell, small.rows * kCell, small.columns, small.rows));
    write_cells(small, out);
    out.write("</svg></figure>\n");
}

void write_block(const Table& table, Sink& out) {
    std::vector<std::vector<std::string>> columns;
    std::string head;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        if (!for_people(table.columns[c].show)) continue;
        std::vector<Cell> cells;
        for (const auto& row : table.rows) cells.push_back(row[c]);
        columns.push_back(column_texts(table, c, kPaper, shared_decimals(cells)));
        head += fmt::format("<th scope=\"col\">{}</th>", html_text(table.columns[c].label));
    }
    out.write(
        fmt::format("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>\n", html_text(table.title), head));
    for (std::size_t r = 0; r < table.rows.size(); ++r) {  // what ends a cell or a row need not be written
        std::string line = "<tr>";
        for (const auto& texts : columns) line += fmt::format("<td>{}", html_text(texts[r]));
        out.write(line + "\n");
    }
    out.write("</tbody></table>\n");
}

void write_block(const Note& note, Sink& out) { out.write(fmt::format("<p>{}</p>\n", html_text(note.text))); }

void write_block(const Facts& facts, Sink& out) {
    out.write("<dl>\n");
    for (const Fact& fact : facts.facts)
        if (for_people(fact.show))
            out.write(fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(fact.label),
                                  html_text(people_text(fact.value, fact.unit, kPaper))));
    out.write("</dl>\n");
}

// Nothing of these is in a page yet.
void write_block(const Numbers&, Sink&) {}
void write_block(const Raw&, Sink&) {}
void write_block(const Grid&, Sink&) {}
void write_block(const Curves&, Sink&) {}
void write_block(const Network&, Sink&) {}

Show show_of(const Note&) { return Show::people; }
Show show_of(const Raw&) { return Show::people; }
template <class Shown>
Show show_of(const Shown& block) {
    return block.show;
}

}  // namespace

std::string html_text(std::string_view text) { return escaped_xml(printable(text)); }

void write_html(const Document& document, Sink& out) {
    for (const Finding& finding : document.findings)
        out.write(fmt::format("<p>{}: {}</p>\n", to_string(row(finding.id).severity), html_text(finding.message)));
    for (const Block& block : document.blocks)
        std::visit(
            [&](const auto& each) {
                if (for_people(show_of(each))) write_block(each, out);
            },
            block);
}

}  // namespace attnx::view
