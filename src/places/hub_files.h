// places: what a repository has in the hub's cache. Private to places.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace attnx::places {

struct HubFile {
    std::string repository, file;  // "owner/repo", "sub/m.gguf"
    std::string commit, revision;  // what refs call the commit, or itself
    std::filesystem::path path;

    bool of_main() const { return revision == "main"; }
    std::string name() const;  // "hf:owner/repo:sub/m.gguf@revision", without that of main
};

inline constexpr std::string_view kRepositoryFolder = "models--";

// Of all snapshots, main's first, by path; of split sets the first part. `folder` is models--owner--repo.
std::vector<HubFile> files_of_repository(const std::filesystem::path& folder);

}  // namespace attnx::places
