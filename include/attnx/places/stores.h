// places: where models are on this machine: folders, the hub's cache, Ollama's store.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attnx::places {

inline constexpr std::string_view kHub = "hf:", kOllama = "ollama:";  // what names in them begin with

struct Found {
    std::string name;  // "hf:owner/repo:file.gguf@revision", "ollama:name:tag", or the path
    std::string path;  // of the file, of a split set the first part; of a manifest that names none
    std::optional<std::string> problem = {};  // why there is no file; safe to print
};

// *.gguf, by path, and those in folders below; links to folders are not followed. A path to anything but a folder is
// found as it is. Throws cannot_open.
std::vector<Found> in_folder(const std::filesystem::path& folder, bool recursive);

// As huggingface_hub lays its cache out: models--owner--repo/{refs, snapshots/COMMIT, blobs}. A file that a later
// snapshot has unchanged is found once; the revision is left out where it is main.
std::vector<Found> in_hub(const std::filesystem::path& root);

// manifests/HOST/NAMESPACE/NAME/TAG, whose digests are files of blobs. What is Ollama's default is left out of names.
std::vector<Found> in_ollama(const std::filesystem::path& root);

// Where these are, as huggingface_hub and Ollama look for them. Empty: nowhere.
using Variable = std::function<const char*(const char*)>;
std::filesystem::path hub_home(const Variable& variable);     // HF_HOME, XDG_CACHE_HOME, HOME
std::filesystem::path hub_root(const Variable& variable);     // HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HOME
std::filesystem::path ollama_root(const Variable& variable);  // OLLAMA_MODELS, HOME

// The file on this machine that a MODEL means: of a name in the hub's cache or Ollama's store, otherwise itself. Names
// are hf:owner/repo[:FILE|:QUANTISATION][@REVISION], hf:owner/repo/FILE, ollama:[[HOST/]OWNER/]NAME[:TAG]; what ls
// calls a model is one. Nothing: it is not here, and a URL never is. Throws usage for what is no name, or may mean
// several; cannot_open for what a store has damaged.
std::optional<std::string> path_here(const std::string& model, const Variable& variable);

// For who needs all of a model that is not here. Throws cannot_open.
[[noreturn]] void refuse_absent(const std::string& model, const Variable& variable);

}  // namespace attnx::places
