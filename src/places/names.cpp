#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "hub_files.h"
#include "walk.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortCommit = 7;

[[noreturn]] void refuse(ErrorCode code, const std::string& name, const std::string& message) {
    throw Error(code, message, {name, std::nullopt, {}});
}

// Parts of names are folders and files of a store: none may lead out of it.
bool is_plain(std::string_view part) {
    return !part.empty() && part != "." && part != ".." &&
           part.find_first_of(std::string_view("/\\\0", 3)) == part.npos;
}

std::vector<std::string> split_at(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t end = text.find(separator); end != text.npos; end = text.find(separator)) {
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    parts.emplace_back(text);
    return parts;
}

struct HubName {
    std::string repository, chosen, revision;  // the last two may be empty
};

// owner/repo[:CHOSEN][@REVISION], or owner/repo/file.gguf.
HubName parse_hub_name(const std::string& name) {
    HubName parsed;
    std::string_view rest = std::string_view(name).substr(kHub.size());
    if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
        parsed.revision = rest.substr(at + 1);
        rest = rest.substr(0, at);
    }
    if (const std::size_t colon = rest.find(':'); colon != rest.npos) {
        parsed.chosen = rest.substr(colon + 1);
        rest = rest.substr(0, colon);
    } else if (const std::size_t owner = rest.find('/'); owner != rest.npos) {
        if (const std::size_t file = rest.find('/', owner + 1); file != rest.npos) {
            parsed.chosen = rest.substr(file + 1);
            rest = rest.substr(0, file);
        }
    }
    const std::vector<std::string> parts = split_at(rest, '/');
    if (parts.size() > 2 || !std::ranges::all_of(parts, is_plain))
        refuse(ErrorCode::usage, name, "is no name of the hub: hf:owner/repo:file-or-quantisation@revision is");
    parsed.repository = rest;
    return parsed;
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// "Q4_K_M" in "sub/m-q4_k_m.gguf", as a word between dots and dashes.
bool has_label(std::string file, std::string label) {
    std::ranges::transform(file, file.begin(), lower);
    std::ranges::transform(label, label.begin(), lower);
    for (std::size_t at = file.find(label); at != file.npos; at = file.find(label, at + 1)) {
        const auto ends = [&](std::size_t place) {
            return std::string_view("-./").find(file[place]) != std::string::npos;
        };
        if ((at == 0 || ends(at - 1)) && at + label.size() < file.size() && ends(at + label.size())) return true;
    }
    return false;
}

// Projectors lie beside the model they are for, and are taken by their file's name only.
bool is_projector(const HubFile& file) { return fs::path(file.file).filename().string().starts_with("mmproj"); }

bool is_chosen(const HubFile& file, const std::string& chosen) {
    if (chosen.empty()) return !is_projector(file);
    if (chosen.ends_with(".gguf")) return file.file == chosen;
    return !is_projector(file) && has_label(file.file, chosen);
}

bool is_of(const HubFile& file, const std::string& revision) {
    return file.revision == revision || file.commit == revision ||
           (revision.size() >= kShortCommit && file.commit.starts_with(revision));
}

std::string path_in_hub(const std::string& name, const fs::path& root) {
    const HubName parsed = parse_hub_name(name);
    std::string folder = std::string(kRepositoryFolder) + parsed.repository;
    if (const std::size_t slash = folder.find('/'); slash != folder.npos) folder.replace(slash, 1, "--");
    std::vector<HubFile> files;
    if (!root.empty()) files = files_of_repository(root / folder);
    const bool main = std::ranges::any_of(files, &HubFile::of_main);
    std::erase_if(files, [&](const HubFile& file) {
        return !is_chosen(file, parsed.chosen) ||
               (parsed.revision.empty() ? main && !file.of_main() : !is_of(file, parsed.revision));
    });
    if (files.empty())
        refuse(ErrorCode::cannot_open, name,
               fmt::format("is not in the hub's cache, {}; `attnx ls {}{}` tells what is", root.string(), kHub,
                           parsed.repository));
    if (files.size() > 1) {
        std::vector<std::string> names;
        for (const HubFile& file : files) names.push_back(printable(file.name()));
        refuse(ErrorCode::usage, name, fmt::format("may be any of {}", fmt::join(names, ", ")));
    }
    return files.front().path.string();
}

// name, owner/name or host/owner/name, and :tag.
std::string path_in_ollama(const std::string& name, const fs::path& root) {
    std::string_view rest = std::string_view(name).substr(kOllama.size());
    std::string tag = "latest";
    if (const std::size_t colon = rest.rfind(':'); colon != rest.npos && rest.find('/', colon) == rest.npos) {
        tag = rest.substr(colon + 1);
        rest = rest.substr(0, colon);
    }
    std::vector<std::string> parts = split_at(rest, '/');
    if (parts.size() == 1) parts.insert(parts.begin(), "library");
    if (parts.size() == 2) parts.insert(parts.begin(), "registry.ollama.ai");
    parts.push_back(tag);
    if (parts.size() != 4 || !std::ranges::all_of(parts, is_plain))
        refuse(ErrorCode::usage, name, "is no name of Ollama: ollama:name:tag is");
    const fs::path manifest = root / "manifests" / parts[0] / parts[1] / parts[2] / parts[3];
    std::error_code error;
    if (root.empty() || !fs::exists(manifest, error))
        refuse(ErrorCode::cannot_open, name,
               fmt::format("is not in Ollama's store, {}; `attnx ls {}` tells what is", root.string(), kOllama));
    Found found = found_by_manifest(root, manifest);
    if (found.problem) refuse(ErrorCode::cannot_open, name, *found.problem);
    return std::move(found.path);
}

}  // namespace

std::string path_of(const std::string& model, const Variable& variable) {
    if (model.starts_with(kHub)) return path_in_hub(model, hub_root(variable));
    if (model.starts_with(kOllama)) return path_in_ollama(model, ollama_root(variable));
    return model;
}

}  // namespace attnx::places
