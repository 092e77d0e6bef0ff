// PNG as far as pictures need it (ISO/IEC 15948). Private to view.
#pragma once

#include <string>
#include <string_view>

#include "scene.h"

namespace attnx::view {

// Each cell as many pixels as it takes at twice the size of the scene.
std::string png_of(const Cells& cells);

}  // namespace attnx::view
