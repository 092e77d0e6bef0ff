// model, private: what llama.cpp refuses in `prism.hadamard.*`.
#pragma once

#include <optional>

#include "attnx/base/refusal.h"
#include "attnx/gguf/file.h"

namespace attnx::model {

// `architecture` takes such weights at all. Nothing without the keys.
std::optional<Refusal> stored_basis_refusal(const gguf::File& file, bool architecture);

}  // namespace attnx::model
