// cli: a model from the JSON of `attnx inspect`.
#pragma once

#include <string>
#include <string_view>

#include "model_source.h"

namespace attnx::cli {

// Throws bad_geometry when `text` is not the JSON of `attnx inspect` or lacks what the costs need.
ModelSource model_from_json(std::string_view text);

}  // namespace attnx::cli
