#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/io/text.h"
#include "walk.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModels = "models--";
constexpr std::uint64_t kMostOfRef = 4096;

// "models--owner--repo" is owner/repo; there are no two dashes in names.
std::string repository_of(const std::string& folder) {
    std::string name = folder.substr(kModels.size());
    if (const std::size_t dashes = name.find("--"); dashes != std::string::npos) name.replace(dashes, 2, "/");
    return name;
}

// What refs say: commits by their names; a name may have slashes (refs/pr/1).
std::map<std::string, std::string> names_of_commits(const fs::path& refs) {
    std::map<std::string, std::string> names;
    std::error_code error;
    fs::recursive_directory_iterator entry(refs, error);
    for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (!entry->is_regular_file(ignored)) continue;
        const std::string name = entry->path().lexically_relative(refs).string();
        try {
            std::string commit = io::read_text(entry->path().string(), kMostOfRef);
            commit.erase(std::min(commit.find_last_not_of(" \r\n") + 1, commit.size()));
            if (names[commit].empty() || name == "main") names[commit] = name;
        } catch (const Error&) {
        }
    }
    return names;
}

void add_repository(const fs::path& folder, std::vector<Found>& found) {
    const std::map<std::string, std::string> names = names_of_commits(folder / "refs");
    std::vector<fs::path> snapshots = entries(folder / "snapshots");
    const auto name_of = [&](const fs::path& snapshot) {
        const std::string commit = snapshot.filename().string();
        const auto name = names.find(commit);
        return name == names.end() ? commit : name->second;
    };
    // What several snapshots have unchanged is main's.
    std::ranges::stable_partition(snapshots, [&](const fs::path& snapshot) { return name_of(snapshot) == "main"; });
    std::set<std::pair<fs::path, fs::path>> seen;
    for (const fs::path& snapshot : snapshots) {
        std::error_code error;
        if (!fs::is_directory(snapshot, error)) continue;
        const std::string revision = name_of(snapshot);
        for (const fs::path& path : model_files(snapshot, true)) {
            const fs::path file = path.lexically_relative(snapshot);
            if (!seen.emplace(file, fs::weakly_canonical(path, error)).second) continue;
            found.push_back({fmt::format("{}{}:{}{}{}", kHub, repository_of(folder.filename().string()), file.string(),
                                         revision == "main" ? "" : "@", revision == "main" ? "" : revision),
                             path.string()});
        }
    }
}

}  // namespace

std::vector<Found> in_hub(const fs::path& root) {
    std::vector<Found> found;
    for (const fs::path& folder : entries(root))
        if (folder.filename().string().starts_with(kModels)) add_repository(folder, found);
    return found;
}

}  // namespace attnx::places
