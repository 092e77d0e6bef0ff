#include "server_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>

#include "attnx/base/error.h"
#include "attnx/base/version.h"
#include "child.h"

namespace attnx::cli {
namespace {

using Clock = std::chrono::steady_clock;
using places::ServerCall;
using places::ServerReply;

constexpr std::uint64_t kMostOfHeaders = std::uint64_t{1} << 18;
constexpr std::string_view kTimes = "attnx-times ";

[[noreturn]] void not_fetched(const ServerCall& call, const std::string& why) {
    throw Error(ErrorCode::not_fetched, why, {call.url, std::nullopt, {}});
}

bool is_of_this_machine(std::string_view url) {
    const std::string_view host = url.substr(url.find("://") + 3);
    return std::ranges::any_of(std::array{"127.", "localhost", "[::1]"},
                               [&](std::string_view own) { return host.starts_with(own); });
}

// As curl reads a file of options: what is in quotes has "\" before "\" and quotes. places::server_url lets neither
// into an address.
std::string options_of(const ServerCall& call, const ServerCallOptions& options) {
    std::string text = fmt::format(
        "url = \"{}\"\nsilent\nshow-error\ninclude\nno-buffer\ngloboff\nnetrc-optional\nsuppress-connect-headers\n"
        "proto = \"=http,https\"\nconnect-timeout = 20\nmax-time = {}\nuser-agent = \"attnx/{}\"\nheader = \"Expect:\"\n"
        "write-out = \"%{{stderr}}\\n{}%{{time_pretransfer}} %{{time_total}}\\n\"\n",
        call.url, options.seconds, kVersion, kTimes);
    if (is_of_this_machine(call.url)) text += "noproxy = \"*\"\n";
    if (!call.json.empty()) text += "header = \"Content-Type: application/json\"\ndata-binary = \"@-\"\n";
    if (options.key.empty()) return text;
    std::string key;
    for (const char c : options.key) key += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return text + fmt::format("header = \"Authorization: Bearer {}\"\n", key);
}

// When it was asked and when the answer ended, in milliseconds since curl began.
struct Times {
    double asked = 0, ended = 0;
};

// Status line, headers, body, told piece by piece as it comes; blocks of headers that only announce others (1xx) are
// left out.
class Reader {
public:
    explicit Reader(const ServerCall& call) : call_(call) {}

    bool hear(std::string_view so_far) {
        last_ = std::chrono::duration<double, std::milli>(Clock::now() - begun_).count();
        for (std::size_t end = so_far.find('\n', read_); end != so_far.npos; end = so_far.find('\n', read_)) {
            std::string_view line = so_far.substr(read_, end - read_);
            read_ = end + 1;
            if (line.ends_with('\r')) line.remove_suffix(1);
            take(line);
        }
        if (in_headers_ && so_far.size() > kMostOfHeaders) not_fetched(call_, "the answer has no end of headers");
        if (so_far.size() > call_.most_bytes + kMostOfHeaders || reply_.lines.size() > call_.most_lines)
            not_fetched(call_, "the answer does not end");
        return false;
    }

    // curl's clock began after ours, and its last byte was here at its end: both tell when the server was asked, the
    // later one better.
    ServerReply finish(std::string_view all, const Times& times) {
        if (read_ < all.size()) take(all.substr(read_));
        if (reply_.status == 0) not_fetched(call_, "the answer is not HTTP");
        reply_.end = times.ended - times.asked;
        const double asked = std::max(times.asked, last_ - reply_.end);
        for (ServerReply::Line& line : reply_.lines) line.at = std::max(0.0, line.at - asked);
        return std::move(reply_);
    }

private:
    void take(std::string_view line) {
        if (!in_headers_) reply_.lines.push_back({std::string(line), last_});
        else if (line.starts_with("HTTP/")) begin(line);
        else if (line.empty()) in_headers_ = reply_.status < 200;
        else add_header(line);
    }

    void begin(std::string_view line) {
        reply_.status = 0;
        reply_.headers.clear();
        const std::string_view number = line.substr(std::min(line.find(' ') + 1, line.size()));
        std::from_chars(number.data(), number.data() + number.size(), reply_.status);
    }

    void add_header(std::string_view line) {
        const std::size_t colon = std::min(line.find(':'), line.size());
        std::string name(line.substr(0, colon));
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        std::string_view value = line.substr(std::min(colon + 1, line.size()));
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        reply_.headers[name] = value.substr(0, value.find_last_not_of(' ') + 1);
    }

    const ServerCall& call_;
    ServerReply reply_;
    const Clock::time_point begun_ = Clock::now();
    double last_ = 0;  // when the last piece came, since we began
    std::size_t read_ = 0;
    bool in_headers_ = true;
};

// Of "curl: (7) Failed to connect", what is after the number.
std::string reason_of(std::string_view complaints, int status) {
    const std::size_t begin = complaints.find("curl: (");
    if (begin == complaints.npos) return fmt::format("curl ends with status {}", status);
    complaints = complaints.substr(begin, complaints.find('\n', begin) - begin);
    return std::string(complaints.substr(std::min(complaints.find(") ") + 2, complaints.size())));
}

Times times_of(std::string_view complaints) {
    Times times;
    std::size_t at = complaints.find(kTimes);
    if (at == complaints.npos) return times;
    at += kTimes.size();
    for (double* const time : {&times.asked, &times.ended}) {
        const auto read = std::from_chars(complaints.data() + at, complaints.data() + complaints.size(), *time);
        at = std::min(static_cast<std::size_t>(read.ptr - complaints.data()) + 1, complaints.size());
        *time *= 1000;
    }
    return times;
}

ServerReply ask(const ServerCall& call, const ServerCallOptions& options) {
    Reader reader(call);
    Child curl({.program = "curl",
                .arguments = {"-q", "--config", "/dev/fd/3"},
                .options = options_of(call, options),
                .complains = true});
    curl.feed(call.json);
    curl.end_input();
    const std::string all = curl.output_until([&](std::string_view so_far) { return reader.hear(so_far); },
                                              call.most_bytes + 2 * kMostOfHeaders);
    const std::string complaints = curl.complaints();
    if (const int status = curl.wait(); status != 0) not_fetched(call, reason_of(complaints, status));
    return reader.finish(all, times_of(complaints));
}

}  // namespace

places::CallServer curl_calls(ServerCallOptions options) {
    return [options = std::move(options)](const ServerCall& call) { return ask(call, options); };
}

}  // namespace attnx::cli
