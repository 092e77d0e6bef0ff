#include <algorithm>

#include "attnx/base/text.h"
#include "attnx/places/transport.h"
#include "percent.h"

namespace attnx::places {
namespace {

constexpr std::size_t kMostOfUrl = 8192;
constexpr std::string_view kBehindScheme = "://";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_plain_in_url(char c) {
    return c > 0x20 && c < 0x7F && std::string_view("\"\\<>`{}|^").find(c) == std::string_view::npos;
}

}  // namespace

bool is_url(std::string_view text) {
    const std::string scheme = in_lower_case(text.substr(0, std::min(text.find(kBehindScheme), text.size())));
    return scheme.size() < text.size() && (scheme == "http" || scheme == "https");
}

std::optional<Url> parse_url(std::string_view text) {
    if (!is_url(text) || text.size() > kMostOfUrl || std::ranges::any_of(text, is_control)) return std::nullopt;
    const std::size_t behind = text.find(kBehindScheme);
    Url url{.scheme = in_lower_case(text.substr(0, behind)), .host = {}, .path = {}};
    text.remove_prefix(behind + kBehindScheme.size());
    text = text.substr(0, text.find('#'));
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    url.host = in_lower_case(text.substr(0, end));
    if (url.host.empty() || url.host.find('@') != url.host.npos || !std::ranges::all_of(url.host, is_plain_in_url))
        return std::nullopt;
    url.path = percent_encoded(text.substr(end), is_plain_in_url);  // people write what a path may not hold
    if (!url.path.starts_with('/')) url.path.insert(0, "/");
    return url;
}

std::optional<Url> resolve(const Url& base, std::string_view location) {
    if (location.empty()) return std::nullopt;
    std::string text(location);
    if (location.starts_with("//")) text = base.scheme + ":" + text;
    else if (location.starts_with('/')) text = base.server() + text;
    else if (!is_url(location)) {
        const std::string path = base.path.substr(0, base.path.find('?'));
        text = base.server() + path.substr(0, path.rfind('/') + 1) + text;
    }
    auto url = parse_url(text);
    if (url && base.scheme == "https" && url->scheme != "https") return std::nullopt;
    return url;
}

}  // namespace attnx::places
