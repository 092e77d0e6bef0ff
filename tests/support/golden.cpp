#include "support/golden.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "support/paths.h"

namespace attnx::test {

std::filesystem::path golden_dir() { return ATTNX_GOLDEN_DIR; }

std::vector<std::filesystem::path> golden_files(std::string_view kind, std::string_view extension) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(golden_dir() / kind))
        if (entry.path().extension() == extension) paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

std::filesystem::path golden_path(std::string_view model) {
    for (const char* const kind : {"architectures", "variants"})
        if (const auto path = golden_dir() / kind / (std::string(model) + ".json"); std::filesystem::exists(path))
            return path;
    throw std::runtime_error("no golden model " + std::string(model));
}

}  // namespace attnx::test
