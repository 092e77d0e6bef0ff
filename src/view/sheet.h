// What is printed of a Document where there is room for one table only: CSV and its kin. Private to view.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attnx/view/document.h"

namespace attnx::view {

// Cells are those of the Document, which must outlive the sheet.
struct Sheet {
    std::vector<std::string> head;
    std::vector<std::vector<const Cell*>> rows;  // nullptr, or absent at the end of a row: nothing
    const Cell* at(std::size_t row, std::size_t column) const {
        return column < rows[row].size() ? rows[row][column] : nullptr;
    }
};

// The table (or the curves, a row for each place) that the document names, or its first for all; facts as one row, or a
// row for each of "rows/0", "rows/1" ….
Sheet main_sheet(const Document& document);

// Numbers by their places along axes, the fastest one last.
struct NumberSheet {
    std::vector<Axis> axes;
    const RowSource* rows = nullptr;
};

std::vector<Axis> axes_of(const Numbers& numbers);

// When numbers (a matrix, a grid) are what the document names.
std::optional<NumberSheet> main_numbers(const Document& document);

}  // namespace attnx::view
