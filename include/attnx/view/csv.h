// view: a text as a field of a CSV file.
#pragma once

#include <string>
#include <string_view>

namespace attnx::view {

// Printable, quoted where RFC 4180 wants it, and never what a spreadsheet would run as a formula.
std::string csv_field(std::string_view text);

}  // namespace attnx::view
