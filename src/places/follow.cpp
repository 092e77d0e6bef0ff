#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/places/transport.h"

namespace attnx::places {
namespace {

constexpr int kMostRedirects = 8;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

std::string header_in(const Headers& headers, const std::string& name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

std::string words_of(int status) {
    switch (status) {
        case 401: return "the server asks who you are (401): HF_TOKEN tells the hub, ~/.netrc others";
        case 403: return "the server does not let you have it (403)";
        case 404: return "it is not there (404)";
        case 416: return "the file is shorter than it was said to be (416)";
        case 429: return "the server asks to be asked less often (429)";
        default: return fmt::format("the server answers with status {}", status);
    }
}

void not_fetched(const std::string& what, const std::string& why) {
    throw Error(ErrorCode::not_fetched, why, {what, std::nullopt, {}});
}

Answer follow(const Asking& asking, Request request, const std::string& what) {
    if (!asking.exchange) not_fetched(what, "was not fetched before, and --offline fetches nothing");
    for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
        request.token = asking.credential.for_server(request.url);
        Response response = asking.exchange(request);
        if (!is_redirect(response.status)) return {std::move(response), std::move(request.url)};
        auto next = resolve(request.url, response.header("location"));
        if (!next) not_fetched(what, "the server redirects to what is no URL, or from https to http");
        request.url = *std::move(next);
    }
    not_fetched(what, "the server redirects again and again");
}

}  // namespace attnx::places
