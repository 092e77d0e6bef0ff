// Where the values measured from llama.cpp lie.
#pragma once

#include <filesystem>

namespace attnx::test {

// ../shared/golden-b12032 and ../shared/data, when they are beside the checkout.
std::filesystem::path shared_dir();
// tests/golden of the checkout.
std::filesystem::path golden_dir();
inline bool has_shared() { return std::filesystem::exists(shared_dir() / "golden-b12032" / "README.md"); }

}  // namespace attnx::test
