// analysis: would llama.cpp load this file? Asked as its loader asks: container, architecture, keys, vocabulary, tensors; the
// first thing that it would stop at is the answer.
#pragma once

#include <optional>
#include <string_view>

#include "attnx/base/error.h"
#include "attnx/base/refusal.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"

namespace attnx::analysis {

// The build whose loader is meant.
inline constexpr std::string_view kLlamaCppBuild = "b12032";

struct LoadVerdict {
    std::optional<bool> loads = {};      // nothing: attnx cannot tell, because it has no row for the architecture
    std::optional<Refusal> refusal = {}; // exactly where `loads` is false
};

LoadVerdict loads(const gguf::File& file, const model::ModelSpec& spec);

// Where no specification could be made, or no file be opened: whether that is why llama.cpp refuses, too.
LoadVerdict verdict_of(const Error& error);

}  // namespace attnx::analysis
