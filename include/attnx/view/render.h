// view: a Document as text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "attnx/base/error.h"
#include "attnx/view/document.h"
#include "attnx/view/sink.h"
#include "attnx/view/terminal.h"

namespace attnx::view {

// Where the text goes; decided once in cli.
struct Surface {
    bool colour = false;
    ColourDepth depth = ColourDepth::none;    // how many colours a drawing may use; none unless `colour`
    bool unicode = true;                      // box and bar characters; otherwise ASCII
    std::optional<std::uint32_t> width = {};  // columns of the terminal; nothing: unlimited (a pipe or a file)
};

using Renderer = void (*)(const Document&, const Surface&, Sink&);

struct FormatRow {
    std::string_view name = {};  // "table", "json", "csv", "markdown"
    std::string_view summary = {};
    Renderer render;
};

std::span<const FormatRow> formats();
const FormatRow* find_format(std::string_view name);

// For documents that are small.
std::string text_of(const FormatRow& format, const Document& document, const Surface& surface);

// The JSON of a failure: {"attnx", "schema", "error": {code, message, path, offset}}.
std::string render_error_json(const Error& error);

}  // namespace attnx::view
