// places: what a manifest of Ollama says. Private to places.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace attnx::places {

// Of the layer that is the GGUF file; it may be any text.
std::optional<std::string> model_digest(const nlohmann::json& manifest);

// sha256: and 64 hexadecimal digits.
bool is_digest(const std::string& text);

}  // namespace attnx::places
