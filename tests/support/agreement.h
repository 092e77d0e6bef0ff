// Table and JSON of one Document, read back and compared number by number.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/view/document.h"

namespace attnx::test {

// The numbers that a rounded text may stand for: "45.0 MiB" is anything from 44.95 to 45.05 MiB.
struct Interval {
    double low = 0;
    double high = 0;
};
std::optional<Interval> read_number(std::string_view text, view::Unit unit);

// Renders the document both ways and reads both back: every number and yes/no that people see must be what scripts get
// at the same place, within the rounding of its unit. One line per disagreement.
std::vector<std::string> disagreements(const view::Document& document);

// How many values were compared, so that a test can tell that it compared any.
std::size_t compared_values(const view::Document& document);

}  // namespace attnx::test
