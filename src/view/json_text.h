// Single values as JSON, appended to a text. Private to view.
#pragma once

#include <string>
#include <string_view>

#include "attnx/view/document.h"

namespace attnx::view {

// Quoted; any bytes become valid UTF-8, and what could act on a terminal is escaped.
void append_json(std::string& to, std::string_view text);

// What JSON cannot hold is null. A float prints with the digits of a float.
void append_json(std::string& to, double value);
void append_json(std::string& to, float value);
void append_json(std::string& to, const Cell& cell);
void append_json(std::string& to, const List& list);

}  // namespace attnx::view
