// PNG as far as pictures need it (ISO/IEC 15948). Private to view.
#pragma once

#include <string>
#include <string_view>

#include "scene.h"

namespace attnx::view {

// A pixel for each cell.
std::string png_of(const Cells& cells);

}  // namespace attnx::view
