// Texts kept in tests/golden. With ATTNX_UPDATE_GOLDEN=1 they are rewritten instead of compared: read the diff before
// committing.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "support/paths.h"
#include "support/source_tree.h"

namespace attnx::test {

inline bool updating_golden() {
    const char* value = std::getenv("ATTNX_UPDATE_GOLDEN");
    return value != nullptr && std::string_view(value) == "1";
}

// Compares with tests/golden/<name>.
inline void expect_golden(const std::filesystem::path& name, const std::string& actual) {
    const auto path = std::filesystem::path(ATTNX_SOURCE_DIR) / "tests" / "golden" / name;
    if (updating_golden()) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << actual;
        return;
    }
    ASSERT_TRUE(std::filesystem::exists(path)) << path << " is missing; ATTNX_UPDATE_GOLDEN=1 writes it";
    EXPECT_EQ(actual, read_text(path)) << "tests/golden/" << name.generic_string()
                                       << "; ATTNX_UPDATE_GOLDEN=1 rewrites it";
}

}  // namespace attnx::test
