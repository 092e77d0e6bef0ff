// places: what names of models say. Private to places.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attnx::places {

// owner/repo[:CHOSEN][@REVISION], or owner/repo/file.gguf.
struct HubName {
    std::string repository, chosen, revision;  // the last two may be empty
};
HubName parse_hub_name(const std::string& name);  // throws usage

// name, owner/name or host/owner/name, and :tag.
struct OllamaName {
    std::string host, owner, name, tag;
};
inline constexpr std::string_view kOllamaHost = "registry.ollama.ai";
OllamaName parse_ollama_name(const std::string& name);  // throws usage

// Part of a path that stays where it is: no "..", no slash.
bool is_plain(std::string_view part);
std::vector<std::string> split_at(std::string_view text, char separator);

// Whether a file of a repository ("sub/m-q4_k_m.gguf") may be meant by what was chosen: its path, a label in it,
// nothing.
bool is_chosen(const std::string& file, const std::string& chosen);

// Throws usage for several, naming them.
[[noreturn]] void refuse_several(const std::string& name, const std::vector<std::string>& meant);

}  // namespace attnx::places
