// analysis: what llama.cpp refuses before it has looked at a single key of the model.
#pragma once

#include <optional>

#include "attnx/base/refusal.h"
#include "attnx/gguf/file.h"

namespace attnx::analysis {

// Of a file, or split set, that attnx could open. llama.cpp build b12032: ggml/src/gguf.cpp,
// src/llama-model-loader.cpp.
std::optional<Refusal> container_refusal(const gguf::File& file);

}  // namespace attnx::analysis
