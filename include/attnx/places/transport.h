// places: how bytes come from a server. Who brings them is the caller's; what is asked and believed is decided here.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace attnx::places {

// http or https, a host, a path: plain ASCII without spaces, quotes, names or passwords.
struct Url {
    std::string scheme, host, path;  // host with its port; path from "/" on, with a query
    std::string server() const { return scheme + "://" + host; }
    std::string text() const { return server() + path; }
    std::string query() const { return path.substr(std::min(path.find('?'), path.size())); }
    // For people and for programs: without the query, which may be a key.
    std::string shown() const { return server() + path.substr(0, path.find('?')); }
};
bool is_url(std::string_view text);  // http:// or https://
// What a path may not hold is encoded. Nothing for what is no URL, or holds control characters, a name or a password.
std::optional<Url> parse_url(std::string_view text);
// Where a Location leads from `base`; nothing where that is no URL, or leads from https to http.
std::optional<Url> resolve(const Url& base, std::string_view location);

// [first, end)
struct ByteRange {
    std::uint64_t first = 0, end = 0;
    std::uint64_t size() const { return end - first; }
};

// Names in lower case; nothing in them is to be trusted.
using Headers = std::map<std::string, std::string>;
std::string header_in(const Headers& headers, const std::string& name);  // empty: there is none

struct Response {
    int status = 0;
    Headers headers = {};
    std::string body = {};
    std::string header(const std::string& name) const { return header_in(headers, name); }
    // What tells a file from the same when it is changed; empty: the server says nothing.
    std::string version() const {
        const std::string etag = header("etag");
        return etag.empty() ? header("last-modified") : etag;
    }
};

// One exchange with one server: redirects are answers.
struct Request {
    Url url = {};
    std::optional<ByteRange> range = {};
    std::string token = {};  // for this URL's server
    std::string known = {};  // an ETag: answered by 304 where it still holds
    std::string accept = {};
    std::uint64_t most = 0;  // bytes of the body that are of use: beyond them the connection is given up
    // Asked when so many are there: of how many they are; no more than there are: they are enough.
    std::function<std::uint64_t(const Response& head, std::string_view body)> more = {};
};

// Throws not_fetched when there is no answer, or it ends too early.
using Exchange = std::function<Response(const Request&)>;

// A token, and the server that it is for.
struct Credential {
    std::string server, token;
    std::string for_server(const Url& url) const { return url.server() == server ? token : std::string(); }
};

// Whom to ask, and as whom.
struct Asking {
    Exchange exchange = {};  // none: --offline
    Credential credential = {};
};

struct Answer {
    Response response;
    Url from;  // where redirects led
};

// Follows redirects; a token goes to its own server alone. `what` is fetched, for messages. Throws not_fetched.
Answer follow(const Asking& asking, Request request, const std::string& what);

std::string words_of(int status);  // that is no success

[[noreturn]] void not_fetched(const std::string& what, const std::string& why);

}  // namespace attnx::places
