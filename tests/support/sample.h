// The model that the build makes (tools/sample_model.cpp).
#pragma once

#include <string>

#include "support/paths.h"

namespace attnx::test {

inline const std::string kSample = ATTNX_BINARY_DIR "/sample.gguf";

}  // namespace attnx::test
