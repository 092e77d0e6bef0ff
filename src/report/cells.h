// report: metadata values and floats as cells.
#pragma once

#include <cstdint>
#include <string>

#include "attnx/gguf/value.h"
#include "attnx/view/document.h"

namespace attnx::report {

// Arrays keep their first `most` elements (0: all of them).
view::Cell cell_of(const gguf::Value& value, std::uint64_t most);

// A float as the shortest number that is the same float: 0.4, where widening gives 0.4000000059604645.
double shortest(float value);

// "uint32", "array of string"
std::string type_text(const gguf::Value& value);

// For people, on one line: "[0.5, 1, 2, … 262144 in all]"; strings as they are.
std::string value_text(const gguf::Value& value, std::uint64_t most);

}  // namespace attnx::report
