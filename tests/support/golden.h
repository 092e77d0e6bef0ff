// Where the values measured from llama.cpp lie.
#pragma once

#include <filesystem>

namespace attnx::test {

// ../shared/golden and ../shared/data, when they are beside the checkout.
inline std::filesystem::path shared_dir() { return ATTNX_SHARED_DIR; }
inline bool has_shared() { return std::filesystem::exists(shared_dir() / "golden" / "README.md"); }

}  // namespace attnx::test
