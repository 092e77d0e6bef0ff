// Values measured from llama.cpp, as the build unpacked them (tests/golden/README.md).
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace attnx::test {

// Folders are kinds: "architectures", "variants", "loads", …
std::filesystem::path golden_dir();
// All files of a kind, sorted.
std::vector<std::filesystem::path> golden_files(std::string_view kind, std::string_view extension = ".json");
// A model of the architectures or variants: "llama", "llama.lean".
std::filesystem::path golden_path(std::string_view model);

}  // namespace attnx::test
