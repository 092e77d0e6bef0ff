#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/io/text.h"
#include "json_at.h"
#include "manifest.h"
#include "names.h"
#include "walk.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kMostOfManifest = std::uint64_t{4} << 20;
constexpr std::string_view kDigest = "sha256:";
constexpr std::string_view kModelLayer = "application/vnd.ollama.image.model";

// "registry.ollama.ai/library/llama3/8b" is called llama3:8b, and what is not Ollama's default is said.
std::string name_of(const fs::path& manifest) {
    std::vector<std::string> parts;
    for (const fs::path& part : manifest) parts.push_back(part.string());
    const std::string tag = parts.back();
    parts.pop_back();
    if (parts.front() == kOllamaHost) {
        parts.erase(parts.begin());
        if (parts.size() > 1 && parts.front() == "library") parts.erase(parts.begin());
    }
    std::string name(kOllama);
    for (std::size_t i = 0; i < parts.size(); ++i) name += (i == 0 ? "" : "/") + parts[i];
    return name + ":" + tag;
}

}  // namespace

bool is_digest(const std::string& text) {
    return text.starts_with(kDigest) && text.size() == kDigest.size() + 64 &&
           text.find_first_not_of("0123456789abcdef", kDigest.size()) == std::string::npos;
}

std::optional<std::string> model_digest(const json& manifest) {
    const auto layers = manifest.is_object() ? manifest.find("layers") : manifest.end();
    if (layers == manifest.end() || !layers->is_array()) return std::nullopt;
    for (const json& layer : *layers)
        if (text_at(layer, "mediaType") == kModelLayer) return text_at(layer, "digest");
    return std::nullopt;
}

Found found_by_manifest(const fs::path& root, const fs::path& manifest) {
    Found found{name_of(manifest.lexically_relative(root / "manifests")), manifest.string()};
    try {
        const json read = json::parse(io::read_text(manifest.string(), kMostOfManifest), nullptr, false);
        const auto digest = model_digest(read);
        if (read.is_discarded()) found.problem = "the manifest is not JSON";
        else if (!digest) found.problem = "the manifest names no GGUF file";
        else if (!is_digest(*digest))
            found.problem = fmt::format("the manifest's digest is none: {}", printable(*digest));
        else found.path = (root / "blobs" / ("sha256-" + digest->substr(kDigest.size()))).string();
    } catch (const Error& error) {
        found.problem = error.message();
    }
    return found;
}

std::vector<Found> in_ollama(const fs::path& root) {
    std::vector<fs::path> manifests;
    std::error_code error;
    fs::recursive_directory_iterator entry(root / "manifests", fs::directory_options::skip_permission_denied, error);
    for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry.depth() == 3 && entry->is_regular_file(ignored)) manifests.push_back(entry->path());
    }
    std::ranges::sort(manifests);
    std::vector<Found> found;
    for (const fs::path& manifest : manifests) found.push_back(found_by_manifest(root, manifest));
    return found;
}

}  // namespace attnx::places
