#include "response_head.h"

#include <algorithm>
#include <charconv>

#include "attnx/base/text.h"

namespace attnx::cli {
namespace {

std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// Three digits behind the first space; 0: there are none.
int status_of(std::string_view line) {
    const std::size_t space = line.find(' ');
    if (!line.starts_with("HTTP/") || space == line.npos) return 0;
    const std::string_view digits = line.substr(space + 1, 3);
    int status = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
    return error == std::errc() && digits.size() == 3 && end == digits.data() + digits.size() ? status : 0;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t";
    const std::size_t first = text.find_first_not_of(kBlank);
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
}

void read_head(std::string_view block, places::Response& response) {
    response = {};
    response.status = status_of(next_line(block));
    while (!block.empty()) {
        const std::string_view line = next_line(block);
        const std::size_t colon = line.find(':');
        if (colon == line.npos) continue;
        response.headers[in_lower_case(trimmed(line.substr(0, colon)))] = trimmed(line.substr(colon + 1));
    }
}

// Where a block of headers ends, and what is behind it begins.
std::optional<std::pair<std::size_t, std::size_t>> end_of_block(std::string_view text) {
    const std::size_t usual = text.find("\r\n\r\n"), bare = text.find("\n\n");
    if (usual == text.npos && bare == text.npos) return std::nullopt;
    return usual < bare ? std::pair(usual, usual + 4) : std::pair(bare, bare + 2);
}

}  // namespace

std::optional<std::size_t> take_head(std::string_view text, places::Response& response) {
    std::size_t begin = 0;
    while (const auto end = end_of_block(text.substr(begin))) {
        read_head(text.substr(begin, end->first), response);
        begin += end->second;
        if (response.status < 100 || response.status >= 200) return begin;
    }
    return std::nullopt;
}

std::optional<std::size_t> take_head(std::string_view text, places::Response& response, const std::string& where) {
    const auto body = take_head(text, response);
    if (!body && text.size() > kMostOfHead) places::not_fetched(where, "the answer has no end of headers");
    return body;
}

}  // namespace attnx::cli
