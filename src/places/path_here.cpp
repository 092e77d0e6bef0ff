#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "attnx/places/registries.h"
#include "attnx/places/transport.h"
#include "hub_files.h"
#include "names.h"
#include "walk.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortCommit = 7;

[[noreturn]] void refuse_place(const std::string& name, const std::string& message) {
    throw Error(ErrorCode::cannot_open, message, {name, std::nullopt, {}});
}

bool is_of(const HubFile& file, const std::string& revision) {
    return file.revision == revision || file.commit == revision ||
           (revision.size() >= kShortCommit && file.commit.starts_with(revision));
}

std::optional<std::string> path_in_hub(const std::string& name, const fs::path& root) {
    const HubName parsed = parse_hub_name(name);
    std::string folder = std::string(kRepositoryFolder) + parsed.repository;
    if (const std::size_t slash = folder.find('/'); slash != folder.npos) folder.replace(slash, 1, "--");
    std::vector<HubFile> files;
    if (!root.empty()) files = files_of_repository(root / folder);
    const bool main = std::ranges::any_of(files, &HubFile::of_main);
    std::erase_if(files, [&](const HubFile& file) {
        return !is_chosen(file.file, parsed.chosen) ||
               (parsed.revision.empty() ? main && !file.of_main() : !is_of(file, parsed.revision));
    });
    if (files.empty()) return std::nullopt;
    if (files.size() > 1) {
        std::vector<std::string> names;
        for (const HubFile& file : files) names.push_back(file.name());
        refuse_several(name, names);
    }
    return files.front().path.string();
}

std::optional<std::string> path_in_ollama(const std::string& name, const fs::path& root) {
    const OllamaName parsed = parse_ollama_name(name);
    const fs::path manifest = root / "manifests" / parsed.host / parsed.owner / parsed.name / parsed.tag;
    std::error_code error;
    if (root.empty() || !fs::exists(manifest, error)) return std::nullopt;
    Found found = found_by_manifest(root, manifest);
    if (found.problem) refuse_place(name, *found.problem);
    return std::move(found.path);
}

}  // namespace

std::optional<std::string> path_here(const std::string& model, const Variable& variable) {
    if (model.starts_with(kHub)) return path_in_hub(model, hub_root(variable));
    if (model.starts_with(kOllama)) return path_in_ollama(model, ollama_root(variable));
    return is_url(model) ? std::nullopt : std::optional(model);
}

void refuse_absent(const std::string& model, const Variable& variable) {
    if (is_url(model))
        refuse_place(shown_name(model), "is on a server, and this takes all of a model: fetch the file first");
    const bool hub = model.starts_with(kHub);
    const std::string root = (hub ? hub_root(variable) : ollama_root(variable)).string();
    refuse_place(
        model, fmt::format(
                   "is not in {}, {}, and this takes all of a model: fetch it first; `attnx ls {}` tells what is there",
                   hub ? "the hub's cache" : "Ollama's store", root,
                   hub ? fmt::format("{}{}", kHub, parse_hub_name(model).repository) : std::string(kOllama)));
}

}  // namespace attnx::places
