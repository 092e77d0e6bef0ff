// places: what is in folders. Private to places.
#pragma once

#include <filesystem>
#include <vector>

#include "attnx/places/stores.h"

namespace attnx::places {

// *.gguf by path, of split sets the first part that is there. Throws cannot_open.
std::vector<std::filesystem::path> model_files(const std::filesystem::path& folder, bool recursive);

// Everything directly in it, by path; nothing where it cannot be read.
std::vector<std::filesystem::path> entries(const std::filesystem::path& folder);

// What a manifest of Ollama's store names (ollama.cpp).
Found found_by_manifest(const std::filesystem::path& root, const std::filesystem::path& manifest);

}  // namespace attnx::places
