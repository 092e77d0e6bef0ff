// One matrix as cells with labelled sides.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "../../people.h"
#include "key.h"
#include "labels.h"

namespace attnx::view {
namespace {

constexpr double kMapRoom = 640, kMapHeight = 440, kWidestCell = 44, kHighestCell = 24;
constexpr double kWordsRoom = 980, kWordsHeight = 1200, kWidestWord = 84, kHighestWord = 28;
const Surface kWordSurface;

std::string cell_number(float value, bool shares) {
    const bool none = std::fabs(value) < (shares ? 0.005F : 1e-30F);
    return none ? "0" : shares ? fmt::format("{:.2f}", value) : short_number(static_cast<double>(value));
}

// A number is told where it fits into its cell.
void write_numbers(Easel& easel, const Field& values, const Field& parts, const Cells& cells, const Shading& shading,
                   Range range) {
    const bool shares = range.low >= -1 && range.high <= 1;
    for (std::uint64_t row = 0; row < values.rows; ++row)
        for (std::uint64_t column = 0; column < values.columns; ++column) {
            const float value = values.at(row, column);
            if (std::isnan(value)) continue;
            const std::string text = cell_number(value, shares);
            if (text_width(text, 10) > cells.cell_width - 2) continue;
            const Rgb ground = easel.colour(static_cast<double>(parts.at(row, column)), shading.tint);
            easel.add(Label{{cells.at.x + (static_cast<double>(column) + 0.5) * cells.cell_width,
                             cells.at.y + (static_cast<double>(row) + 0.5) * cells.cell_height + 3.5},
                            text,
                            ink_on(ground),
                            10,
                            Anchor::middle});
        }
}

// In each cell its word, and its number below where there is room.
void write_words(Easel& easel, const Matrix& matrix, const Field& values, const Field& parts, const Cells& cells,
                 Range range) {
    const auto longest = static_cast<std::size_t>((cells.cell_width - 4) / (10 * kAdvance));
    const bool numbers = cells.cell_height >= 24;
    const bool shares = range.low >= -1 && range.high <= 1;
    for (std::uint64_t row = 0; row < values.rows && longest >= 2; ++row)
        for (std::uint64_t column = 0; column < values.columns; ++column) {
            const float value = values.at(row, column);
            if (std::isnan(value)) continue;
            const Point middle{cells.at.x + (static_cast<double>(column) + 0.5) * cells.cell_width,
                               cells.at.y + (static_cast<double>(row) + 0.5) * cells.cell_height};
            const Rgb ink = ink_on(easel.colour(static_cast<double>(parts.at(row, column)), matrix.shading.tint));
            const Cell& word = matrix.words.at(row * values.columns + column);
            easel.add(Label{{middle.x, middle.y + (numbers ? -1 : 3.5)},
                            clip(people_text(word, Unit::none, kWordSurface), longest, "…"),
                            ink,
                            10,
                            Anchor::middle,
                            true});
            if (numbers)
                easel.add(Label{{middle.x, middle.y + 10}, cell_number(value, shares), ink, 8, Anchor::middle});
        }
}

// Between cells that are large enough for it.
void rule_cells(Easel& easel, const Cells& cells) {
    const double width = cells.cell_width * cells.columns, height = cells.cell_height * cells.rows();
    for (std::uint32_t column = 1; column < cells.columns; ++column) {
        const double x = cells.at.x + column * cells.cell_width;
        easel.line({x, cells.at.y}, {x, cells.at.y + height}, easel.inks.paper, 0.75);
    }
    for (std::uint32_t row = 1; row < cells.rows(); ++row) {
        const double y = cells.at.y + row * cells.cell_height;
        easel.line({cells.at.x, y}, {cells.at.x + width, y}, easel.inks.paper, 0.75);
    }
}

bool is_square(const Matrix& matrix) {
    const auto rows = static_cast<std::int64_t>(matrix.rows.size),
               columns = static_cast<std::int64_t>(matrix.columns.size);
    return std::abs(rows - columns) <= 1;
}

}  // namespace

void draw(const Matrix& matrix, Easel& easel) {
    const bool words = !matrix.words.empty(), square = !words && is_square(matrix);
    const Fit across =
        words ? fit(matrix.columns.size, kWordsRoom, kWidestWord) : fit(matrix.columns.size, kMapRoom, kWidestCell);
    Fit down = square  ? fit(matrix.rows.size, kMapRoom, kWidestCell)
               : words ? fit(matrix.rows.size, kWordsHeight, kHighestWord)
                       : fit(matrix.rows.size, kMapHeight, kHighestCell);
    if (square) down.cell = across.cell;
    Extremes extremes;
    for (std::uint64_t row = 0; row < matrix.rows.size; ++row) extremes.take(matrix.values(row));
    const Range range = extremes.range(matrix.shading);
    const Pool pool{down.pool, across.pool};
    const Field values = pooled(matrix.values, 0, matrix.rows.size, matrix.columns.size, pool, matrix.shading.tint);
    Field parts = values;
    rescale(parts, range, matrix.shading);

    const AxisLabels row_labels(matrix.rows, down), column_labels(matrix.columns, across);
    const Point corner = corner_of(matrix.rows, row_labels, matrix.columns, column_labels);
    Cells cells{corner,    across.cell,
                down.cell, static_cast<std::uint32_t>(across.cells),
                {},        easel.colours(matrix.shading.tint)};
    for (const float part : parts.values) cells.codes.push_back(Easel::code(part, matrix.shading.tint));
    easel.add(Box{corner, across.extent(), down.extent(), easel.inks.masked, true});
    easel.add(cells);
    if (std::min(across.cell, down.cell) >= 9) rule_cells(easel, cells);
    const bool whole = pool.rows == 1 && pool.columns == 1;
    if (words && whole && down.cell >= 12) write_words(easel, matrix, values, parts, cells, range);
    else if (!words && whole && down.cell >= 14) write_numbers(easel, values, parts, cells, matrix.shading, range);
    draw_names(easel, matrix.rows, matrix.columns, corner);
    row_labels.draw_beside(easel, corner);
    column_labels.draw_above(easel, corner);
    const double bottom = corner.y + down.extent();
    easel.reach(corner.x + across.extent(), bottom);
    draw_key(easel, {corner.x, bottom + 14}, matrix.shading, range, extremes.any_blank(),
             field_words(matrix.rows, matrix.columns, pool));
}

}  // namespace attnx::view
