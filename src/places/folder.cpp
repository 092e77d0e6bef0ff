#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "attnx/base/error.h"
#include "attnx/gguf/part_name.h"
#include "walk.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;

bool is_model_file(const fs::directory_entry& entry) {
    std::error_code error;
    return entry.path().extension() == ".gguf" && entry.is_regular_file(error) && !error;
}

template <class Iterator>
std::vector<fs::path> walked(const fs::path& folder) {
    std::error_code error;
    Iterator entry(folder, fs::directory_options::skip_permission_denied, error);
    if (error)
        throw Error(ErrorCode::cannot_open, fmt::format("cannot be opened: {}", error.message()),
                    {folder.string(), std::nullopt, {}});
    std::vector<fs::path> paths;
    for (const Iterator end; entry != end; entry.increment(error)) {
        if (is_model_file(*entry)) paths.push_back(entry->path());
        if (error) break;
    }
    return paths;
}

// Of each split set the part that comes first, of those that are there.
std::vector<fs::path> without_later_parts(std::vector<fs::path> paths) {
    std::ranges::sort(paths);
    std::map<std::string, bool> seen;
    std::erase_if(paths, [&](const fs::path& path) {
        const auto part = gguf::part_name(path.filename().string());
        if (!part) return false;
        return !seen.emplace(fmt::format("{}/{}-of-{}", path.parent_path().string(), part->prefix, part->count), true)
                    .second;
    });
    return paths;
}

}  // namespace

std::vector<fs::path> model_files(const fs::path& folder, bool recursive) {
    return without_later_parts(recursive ? walked<fs::recursive_directory_iterator>(folder)
                                         : walked<fs::directory_iterator>(folder));
}

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> paths;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error))
        paths.push_back(entry->path());
    std::ranges::sort(paths);
    return paths;
}

std::vector<Found> in_folder(const fs::path& folder, bool recursive) {
    std::error_code error;
    if (fs::exists(folder, error) && !fs::is_directory(folder, error)) return {{folder.string(), folder.string()}};
    std::vector<Found> found;
    for (const fs::path& path : model_files(folder, recursive)) {
        const std::string name = folder == "." ? path.lexically_relative(folder).string() : path.string();
        found.push_back({name, name});
    }
    return found;
}

}  // namespace attnx::places
