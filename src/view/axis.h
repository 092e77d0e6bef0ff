// Names of places beside a drawing. Private to view.
#pragma once

#include <string>

#include "attnx/view/document.h"
#include "attnx/view/render.h"

namespace attnx::view {

// The number by which a place is called: its label where that is one.
std::string place_number(const Axis& axis, std::uint64_t place);

// Columns that the longest number takes.
std::size_t number_width(const Axis& axis);

// Whether labels say more than numbers.
bool has_words(const Axis& axis);

// Every fifth (tenth, …) place by its number over cells of `columns` columns, each of which stands for `pool` places; a
// line that ends in a newline, empty for an axis without places.
std::string ticks(const Axis& axis, std::size_t margin, std::size_t columns, std::uint64_t pool);

}  // namespace attnx::view
