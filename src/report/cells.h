// report: metadata values, floats, counts and what a tensor is, as cells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attnx/gguf/tensor_info.h"
#include "attnx/gguf/value.h"
#include "attnx/view/document.h"

namespace attnx::report {

// Of an array, at first sight.
inline constexpr std::uint64_t kElementsForPeople = 6;
inline constexpr std::uint64_t kElementsForScripts = 16;

// Arrays keep their first `most` elements (0: all of them).
view::Cell cell_of(const gguf::Value& value, std::uint64_t most);

// A float as the shortest number that is the same float: 0.4, where widening gives 0.4000000059604645.
double shortest(float value);

// "1 token", "2 tokens"
std::string count_of(std::uint64_t count, std::string_view noun);

// "uint32", "array of string"
std::string type_text(const gguf::Value& value);

// For people, on one line: "[0.5, 1, 2, … 262144 in all]"; strings as they are.
std::string value_text(const gguf::Value& value, std::uint64_t most);

// Slowest dimension first: "[49152, 576]".
std::string shape_text(const gguf::TensorInfo& info);
view::List shape_list(const gguf::TensorInfo& info);
// "q4_K", or "type 99"
std::string type_text(const gguf::TensorInfo& info);

}  // namespace attnx::report
