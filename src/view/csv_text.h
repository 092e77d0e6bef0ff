// Fields of CSV, the one way in which all that writes CSV spells them. Private to view.
#pragma once

#include <string>
#include <string_view>

#include "attnx/view/document.h"

namespace attnx::view {

// Printable, quoted where RFC 4180 wants it, and never what a spreadsheet would run as a formula.
std::string csv_field(std::string_view text);
std::string csv_cell(const Cell& cell);

// With the digits of a float; nothing where it is not finite.
void append_csv(std::string& to, float value);

}  // namespace attnx::view
