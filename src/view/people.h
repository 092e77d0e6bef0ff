// Cells as text, for people (table and Markdown) and for scripts (JSON and CSV). Private to view.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/view/document.h"
#include "attnx/view/render.h"

namespace attnx::view {

// Any bytes as one safe line; without Unicode on the surface, characters beyond ASCII are spelled or escaped.
std::string safe_text(std::string_view text, const Surface& surface);

// How many decimals the real numbers of one column share, so that their points line up; `cells` may hold others.
int shared_decimals(std::span<const Cell> cells);

// A cell without padding. `decimals` < 0: four significant digits of its own.
std::string people_text(const Cell& cell, Unit unit, const Surface& surface, int decimals = -1);

// What people see of a column, row by row: as its cells say, as bars, or as brackets.
std::vector<std::string> column_texts(const Table& table, std::size_t column, const Surface& surface, int decimals);

// What a place of an axis is called.
Cell label_of(const Axis& axis, std::uint64_t place);

// A finite number with the digits that give it back exactly, marked as real: "3.0", "0.1", "1e+300".
std::string exact_text(double value);

bool is_number(const Cell& cell);

// NaN where there is none.
double number_of(const Cell& cell);

// Whether a column is set against its right edge: as it says, or because all it holds are numbers.
bool stands_right(const Table& table, std::size_t column);

inline bool for_people(Show show) { return show != Show::scripts; }
inline bool for_scripts(Show show) { return show != Show::people; }

}  // namespace attnx::view
