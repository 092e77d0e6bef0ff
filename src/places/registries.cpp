#include "attnx/places/registries.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "attnx/gguf/part_name.h"
#include "attnx/io/text.h"
#include "json_at.h"
#include "manifest.h"
#include "names.h"
#include "percent.h"

namespace attnx::places {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostOfToken = 4096;
constexpr std::string_view kManifestType = "application/vnd.docker.distribution.manifest.v2+json";

std::string text_of(const Variable& variable, const char* name, std::string_view otherwise = "") {
    const char* value = variable(name);
    std::string text(value == nullptr || *value == '\0' ? otherwise : value);
    while (text.ends_with('/')) text.pop_back();
    return text;
}

// As huggingface_hub looks for it.
std::string hub_token(const Variable& variable) {
    if (std::string token = text_of(variable, "HF_TOKEN"); !token.empty()) return token;
    std::string path = text_of(variable, "HF_TOKEN_PATH");
    if (const auto home = hub_home(variable); path.empty() && !home.empty()) path = (home / "token").string();
    if (path.empty()) return {};
    try {
        std::string token = io::read_text(path, kMostOfToken);
        token.erase(std::min(token.find_last_not_of(" \r\n") + 1, token.size()));
        return token;
    } catch (const Error&) {
        return {};
    }
}

std::string hub_endpoint(const Variable& variable) {
    return text_of(variable, "HF_ENDPOINT", "https://huggingface.co");
}

std::string encoded(std::string_view text, std::string_view also_plain = "") {
    return percent_encoded(text, [also_plain](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~").find(c) != std::string_view::npos || also_plain.find(c) != also_plain.npos;
    });
}

Url url_in(const std::string& model, const std::string& text) {
    auto url = parse_url(text);
    if (!url)
        throw Error(ErrorCode::usage, "leads to no URL of http or https (a name and a password belong into ~/.netrc)",
                    {shown_name(model), std::nullopt, {}});
    return *std::move(url);
}

std::vector<std::string> files_of(const json& answer, const std::string& chosen) {
    std::vector<std::string> files;
    const auto siblings = answer.is_object() ? answer.find("siblings") : answer.end();
    if (siblings == answer.end() || !siblings->is_array()) return files;
    for (const json& entry : *siblings) {
        const std::string file = text_at(entry, "rfilename");
        const auto parts = split_at(file, '/');
        const auto part = gguf::part_name(parts.back());
        if (file.ends_with(".gguf") && std::ranges::all_of(parts, is_plain) && is_chosen(file, chosen) &&
            (!part || part->number == 1 || file == chosen))
            files.push_back(file);
    }
    return files;
}

// By its commit, so that all that is read of it is of one.
Url in_hub_of(const std::string& model, const Variable& variable, const Access& access) {
    const HubName name = parse_hub_name(model);
    const std::string revision = name.revision.empty() ? "main" : name.revision,
                      repository = encoded(name.repository, "/");
    const Url listing = url_in(
        model, fmt::format("{}/api/models/{}/revision/{}", hub_endpoint(variable), repository, encoded(revision)));
    const json answer = json::parse(fetch_text(access, listing, "application/json"), nullptr, false);
    const std::string commit = text_at(answer, "sha");
    if (!is_plain(commit)) not_fetched(listing.shown(), "the hub's answer names no commit");
    const std::vector<std::string> files = files_of(answer, name.chosen);
    if (files.empty()) not_fetched(model, "the repository has no such GGUF file");
    if (files.size() > 1) {
        std::vector<std::string> names;
        for (const std::string& file : files)
            names.push_back(fmt::format("{}{}:{}{}{}", kHub, name.repository, file, name.revision.empty() ? "" : "@",
                                        name.revision));
        refuse_several(model, names);
    }
    return url_in(model, fmt::format("{}/{}/resolve/{}/{}", hub_endpoint(variable), repository, encoded(commit),
                                     encoded(files.front(), "/")));
}

Url in_registry(const std::string& model, const Variable& variable, const Access& access) {
    const OllamaName name = parse_ollama_name(model);
    std::string base = "https://" + name.host;
    if (name.host == kOllamaHost) base = text_of(variable, "ATTNX_OLLAMA_REGISTRY", base);
    const std::string place = fmt::format("{}/v2/{}/{}", base, encoded(name.owner), encoded(name.name));
    const Url manifest = url_in(model, fmt::format("{}/manifests/{}", place, encoded(name.tag)));
    const auto digest =
        model_digest(json::parse(fetch_text(access, manifest, std::string(kManifestType)), nullptr, false));
    if (!digest || !is_digest(*digest)) not_fetched(manifest.shown(), "the manifest names no GGUF file");
    return url_in(model, fmt::format("{}/blobs/{}", place, *digest));
}

}  // namespace

Credential hub_credential(const Variable& variable) {
    const auto hub = parse_url(hub_endpoint(variable));
    Credential credential{.server = hub ? hub->server() : "", .token = hub_token(variable)};
    const auto fits = [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\'; };
    if (credential.token.size() > kMostOfToken || !std::ranges::all_of(credential.token, fits))
        throw Error(ErrorCode::usage, "the hub's token (HF_TOKEN or its file) has characters that no token has");
    return credential;
}

Url url_of(const std::string& model, const Variable& variable, const Access& access) {
    if (model.starts_with(kHub)) return in_hub_of(model, variable, access);
    if (model.starts_with(kOllama)) return in_registry(model, variable, access);
    return url_in(model, model);
}

std::string shown_name(const std::string& model) {
    if (!is_url(model)) return model;
    if (const auto url = parse_url(model)) return url->shown();
    const std::size_t begin = model.find("://") + 3, end = std::min(model.find_first_of("/?#", begin), model.size());
    const std::size_t at = model.substr(0, end).rfind('@');
    const std::string bare = model.substr(0, begin) + model.substr(at == model.npos ? begin : at + 1);
    return bare.substr(0, bare.find_first_of("?#"));
}

}  // namespace attnx::places
