#include "server_refusals.h"

#include <fmt/format.h>

#include "attnx/places/transport.h"
#include "json_at.h"

namespace attnx::places {
namespace {

using nlohmann::json;

constexpr std::size_t kMostOfMessage = 300;

}  // namespace

std::string failure_of(const json& told) {
    const json* error = member_at(told, "error");
    std::string message = error == nullptr     ? text_at(told, "detail")
                          : error->is_string() ? error->get<std::string>()
                                               : text_at(*error, "message");
    if (message.empty() && error != nullptr) message = "an error";
    return message.substr(0, kMostOfMessage);
}

bool means_no_server(int status) {
    return (status >= 300 && status < 400) || status == 401 || status == 403 || status == 503;
}

void refuse(const std::string& url, const ServerReply& reply) {
    const auto header = [&](const char* name) { return header_in(reply.headers, name).substr(0, kMostOfMessage); };
    if (reply.status >= 300 && reply.status < 400)
        not_fetched(url, fmt::format("redirects to {}, which is not followed: give that address if you trust it",
                                     header("location").empty() ? "nowhere" : header("location")));
    std::string why = failure_of(json::parse(reply.body(), nullptr, false));
    if (why.empty()) why = header("content-type").empty() ? "and nothing more" : header("content-type");
    if (reply.status == 401 || reply.status == 403) why += "; --api-key-file FILE sends a key";
    not_fetched(url, fmt::format("HTTP {}: {}", reply.status, why));
}

std::string posted(const json& question) { return question.dump(-1, ' ', true, json::error_handler_t::replace); }

}  // namespace attnx::places
