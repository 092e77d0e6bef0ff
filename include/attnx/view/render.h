// view: what a Document is printed on, and by what; the forms there are: outputs.h.
#pragma once

#include <cstdint>
#include <optional>

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

}  // namespace attnx::view
