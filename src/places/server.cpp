#include "attnx/places/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "attnx/places/transport.h"
#include "json_at.h"
#include "server_refusals.h"

namespace attnx::places {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20;  // of an answer that is no stream
constexpr std::uint64_t kMostLines = 100'000;
constexpr std::size_t kMostOfName = 256;
constexpr int kLatencyTries = 3;

std::optional<std::string> name_at(const json& object, const char* key) {
    const std::string text = text_at(object, key);
    return text.empty() ? std::nullopt : std::optional(text.substr(0, kMostOfName));
}

// Of a server with one model: one that only hands on to others has a role.
bool is_llama_cpp(const json& props) {
    return member_at(props, "default_generation_settings") != nullptr && member_at(props, "role") == nullptr;
}

}  // namespace

std::string ServerReply::body() const {
    std::string text;
    for (const Line& line : lines) text += line.text + '\n';
    return text;
}

std::optional<std::string> server_url(std::string_view text) {
    const bool bare = text.find("://") == text.npos;
    auto url = parse_url(bare ? "http://" + std::string(text) : std::string(text));
    if (!url || !url->query().empty() || url->host.starts_with(':')) return std::nullopt;
    const auto drop = [&](std::string_view end) {
        const bool there = url->path.ends_with(end);
        if (there) url->path.resize(url->path.size() - end.size());
        return there;
    };
    while (drop("/")) continue;
    if (drop("/v1"))
        while (drop("/")) continue;
    return url->text();
}

Server::Server(CallServer call, std::string url, const std::optional<std::string>& model) : call_(std::move(call)) {
    facts_.url = std::move(url);
    const ServerReply props = ask("/props");
    const bool learned = props.status == 200 && learn_of_llama_cpp(props.body());
    if (!learned && means_no_server(props.status)) refuse(facts_.url, props);
    const ServerReply models = ask("/v1/models");
    if (!facts_.llama_cpp && models.status != 200) refuse(facts_.url, models);
    if (models.headers.contains("server")) facts_.software = header_in(models.headers, "server").substr(0, kMostOfName);
    learn_of_models(models.body(), model);
    for (int i = 0; i < kLatencyTries; ++i) {
        const double took = ask(facts_.llama_cpp ? "/health" : "/v1/models").end;
        facts_.latency_ms = i == 0 ? took : std::min(facts_.latency_ms, took);
    }
}

ServerReply Server::ask(std::string_view path, std::string content) const {
    return call_({facts_.url + std::string(path), std::move(content), kMostBytes, kMostLines});
}

bool Server::learn_of_llama_cpp(const std::string& props) {
    const json told = json::parse(props, nullptr, false);
    if (!is_llama_cpp(told)) return false;
    facts_.llama_cpp = true;
    facts_.build = name_at(told, "build_info");
    facts_.model = name_at(told, "model_alias");
    if (!facts_.model) facts_.model = name_at(told, "model_path");
    facts_.slots = count_at(told, "total_slots");
    facts_.context = count_at(*member_at(told, "default_generation_settings"), "n_ctx");
    const json slots = json::parse(ask("/slots").body(), nullptr, false);
    if (!slots.is_array()) return true;
    const json busy = true;
    facts_.busy_slots = static_cast<std::uint64_t>(std::ranges::count_if(slots, [&](const json& slot) {
        const json* processing = member_at(slot, "is_processing");
        return processing != nullptr && *processing == busy;
    }));
    return true;
}

void Server::learn_of_models(const std::string& models, const std::optional<std::string>& model) {
    const json told = json::parse(models, nullptr, false);
    const json* list = member_at(told, "data");
    if (list == nullptr || !list->is_array() || list->empty()) {
        if (facts_.llama_cpp && !model) return;
        not_fetched(facts_.url, "neither llama.cpp's server nor one like OpenAI's: /v1/models offers no models");
    }
    const auto asked =
        std::ranges::find_if(*list, [&](const json& row) { return !model || text_at(row, "id") == *model; });
    if (asked == list->end())
        not_fetched(facts_.url, fmt::format("offers no model {}, but {} others, the first of which is {}", *model,
                                            list->size(), text_at(list->front(), "id").substr(0, kMostOfName)));
    facts_.models = list->size();
    if (!facts_.model || model) facts_.model = name_at(*asked, "id");
    if (!facts_.software) facts_.software = name_at(*asked, "owned_by");
    if (!facts_.context) facts_.context = count_at(*asked, "max_model_len");  // vLLM's
    const json* about = member_at(*asked, "meta");                            // llama.cpp's
    if (about == nullptr) return;
    facts_.vocabulary_size = count_at(*about, "n_vocab");
    facts_.embedding_length = count_at(*about, "n_embd");
    facts_.parameter_count = count_at(*about, "n_params");
}

std::optional<std::vector<std::uint32_t>> Server::tokens(std::string_view text) const {
    if (!facts_.llama_cpp) return std::nullopt;
    const json question = {{"content", text}, {"add_special", true}, {"parse_special", true}};
    const ServerReply reply = ask("/tokenize", posted(question));
    const json told = json::parse(reply.body(), nullptr, false);
    const json* list = member_at(told, "tokens");
    if (reply.status != 200 || list == nullptr || !list->is_array()) return std::nullopt;
    std::vector<std::uint32_t> ids;
    for (const json& id : *list) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() > UINT32_MAX) return std::nullopt;
        ids.push_back(id.get<std::uint32_t>());
    }
    return ids;
}

}  // namespace attnx::places
