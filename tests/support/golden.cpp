#include "support/golden.h"

#include "support/paths.h"

namespace attnx::test {

std::filesystem::path shared_dir() { return ATTNX_SHARED_DIR; }
std::filesystem::path golden_dir() { return std::filesystem::path(ATTNX_SOURCE_DIR) / "tests" / "golden"; }

}  // namespace attnx::test
