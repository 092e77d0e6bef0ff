#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/places/stores.h"
#include "names.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& name, const std::string& message) {
    throw Error(ErrorCode::usage, message, {name, std::nullopt, {}});
}

// "Q4_K_M" in "sub/m-q4_k_m.gguf", as a word between dots and dashes.
bool has_label(std::string_view name, std::string_view quantisation) {
    const std::string file = in_lower_case(name), label = in_lower_case(quantisation);
    for (std::size_t at = file.find(label); at != file.npos; at = file.find(label, at + 1)) {
        const auto ends = [&](std::size_t place) {
            return std::string_view("-./").find(file[place]) != std::string::npos;
        };
        if ((at == 0 || ends(at - 1)) && at + label.size() < file.size() && ends(at + label.size())) return true;
    }
    return false;
}

// Projectors lie beside the model they are for, and are taken by their file's name only.
bool is_projector(const std::string& file) { return fs::path(file).filename().string().starts_with("mmproj"); }

}  // namespace

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
        refuse(name, "is no name of the hub: hf:owner/repo:file-or-quantisation@revision is");
    parsed.repository = rest;
    return parsed;
}

OllamaName parse_ollama_name(const std::string& name) {
    std::string_view rest = std::string_view(name).substr(kOllama.size());
    std::string tag = "latest";
    if (const std::size_t colon = rest.rfind(':'); colon != rest.npos && rest.find('/', colon) == rest.npos) {
        tag = rest.substr(colon + 1);
        rest = rest.substr(0, colon);
    }
    std::vector<std::string> parts = split_at(rest, '/');
    if (parts.size() == 1) parts.insert(parts.begin(), "library");
    if (parts.size() == 2) parts.insert(parts.begin(), std::string(kOllamaHost));
    parts.push_back(tag);
    if (parts.size() != 4 || !std::ranges::all_of(parts, is_plain))
        refuse(name, "is no name of Ollama: ollama:name:tag is");
    return {parts[0], parts[1], parts[2], parts[3]};
}

bool is_chosen(const std::string& file, const std::string& chosen) {
    if (chosen.ends_with(".gguf")) return file == chosen;
    return !is_projector(file) && (chosen.empty() || has_label(file, chosen));
}

void refuse_several(const std::string& name, const std::vector<std::string>& meant) {
    constexpr std::size_t kMostNamed = 32;
    std::string names;
    for (std::size_t i = 0; i < std::min(meant.size(), kMostNamed); ++i)
        names += (i == 0 ? "" : ", ") + printable(meant[i]);
    refuse(name, fmt::format("may be any of {}{}", names, meant.size() > kMostNamed ? ", …" : ""));
}

}  // namespace attnx::places
