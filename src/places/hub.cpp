#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/io/text.h"
#include "hub_files.h"
#include "walk.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostOfRef = 4096;

// "models--owner--repo" is owner/repo; there are no two dashes in names.
std::string repository_of(const std::string& folder) {
    std::string name = folder.substr(kRepositoryFolder.size());
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

}  // namespace

std::string HubFile::name() const {
    return fmt::format("{}{}:{}{}{}", kHub, repository, file, of_main() ? "" : "@", of_main() ? "" : revision);
}

std::vector<HubFile> files_of_repository(const fs::path& folder) {
    const std::map<std::string, std::string> names = names_of_commits(folder / "refs");
    std::vector<HubFile> files;
    for (const fs::path& snapshot : entries(folder / "snapshots")) {
        std::error_code error;
        if (!fs::is_directory(snapshot, error)) continue;
        const std::string commit = snapshot.filename().string();
        const auto name = names.find(commit);
        for (const fs::path& path : model_files(snapshot, true))
            files.push_back({repository_of(folder.filename().string()), path.lexically_relative(snapshot).string(),
                             commit, name == names.end() ? commit : name->second, path});
    }
    std::stable_partition(files.begin(), files.end(), [](const HubFile& file) { return file.of_main(); });
    return files;
}

std::vector<Found> in_hub(const fs::path& root) {
    std::vector<Found> found;
    for (const fs::path& folder : entries(root)) {
        if (!folder.filename().string().starts_with(kRepositoryFolder)) continue;
        std::set<std::pair<std::string, fs::path>> seen;  // what several snapshots have unchanged is main's
        for (const HubFile& file : files_of_repository(folder)) {
            std::error_code error;
            if (!seen.emplace(file.file, fs::weakly_canonical(file.path, error)).second) continue;
            found.push_back({file.name(), file.path.string()});
        }
    }
    return found;
}

}  // namespace attnx::places
