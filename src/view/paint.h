// SGR colours by meaning, and wrapping. Private to view.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/findings.h"
#include "attnx/view/render.h"

namespace attnx::view {

enum class Ink : unsigned char { plain, title, heading, dim, info, warning, error };

// `text` in that ink, reset at its end; unchanged when the surface has no colour or there is nothing to paint.
std::string paint(std::string_view text, Ink ink, const Surface& surface);

Ink ink_of(Severity severity);

// Lines of at most `columns`, broken at spaces; a longer word stands alone on its line.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

}  // namespace attnx::view
