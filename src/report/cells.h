// report: metadata values as cells.
#pragma once

#include <cstdint>
#include <string>

#include "attnx/gguf/value.h"
#include "attnx/view/document.h"

namespace attnx::report {

// Arrays keep their first `most` elements (0: all of them).
view::Cell cell_of(const gguf::Value& value, std::uint64_t most);

// "uint32", "array of string"
std::string type_text(const gguf::Value& value);

// For people, on one line: "[0.5, 1, 2, … 262144 in all]"; strings as they are.
std::string value_text(const gguf::Value& value, std::uint64_t most);

}  // namespace attnx::report
