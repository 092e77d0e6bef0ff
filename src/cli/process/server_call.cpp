#include "server_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "attnx/places/transport.h"
#include "child.h"
#include "curl_options.h"
#include "response_head.h"

namespace attnx::cli {
namespace {

using Clock = std::chrono::steady_clock;
using places::ServerCall;
using places::ServerReply;

constexpr std::string_view kTimes = "attnx-times ";

bool is_of_this_machine(std::string_view url) {
    const std::string_view host = url.substr(url.find("://") + 3);
    return std::ranges::any_of(std::array{"127.", "localhost", "[::1]"},
                               [&](std::string_view own) { return host.starts_with(own); });
}

std::string options_of(const ServerCall& call, const ServerCallOptions& options) {
    std::string text = options_of_answer(call.url, "http,https");
    text += fmt::format(
        "no-buffer\nconnect-timeout = 20\nmax-time = {}\n"
        "write-out = \"%{{stderr}}\\n{}%{{time_pretransfer}} %{{time_total}}\\n\"\nheader = \"Expect:\"\n",
        options.seconds, kTimes);
    if (is_of_this_machine(call.url)) text += "noproxy = \"*\"\n";
    if (!call.json.empty()) text += header_option("Content-Type", "application/json") + "data-binary = \"@-\"\n";
    return text + token_option(options.key);
}

// When it was asked and when the answer ended, in milliseconds since curl began.
struct Times {
    double asked = 0, ended = 0;
};

// Of an answer, told as it comes, the lines and when they came.
class Reader {
public:
    explicit Reader(const ServerCall& call) : call_(call) {}

    bool hear(std::string_view so_far) {
        last_ = std::chrono::duration<double, std::milli>(Clock::now() - begun_).count();
        if (!body_) body_ = take_head(so_far, head_, call_.url);
        if (!body_) return false;
        read_ = std::max(read_, *body_);
        for (std::size_t end = so_far.find('\n', read_); end != so_far.npos; end = so_far.find('\n', read_))
            take(so_far.substr(read_, end - read_), end + 1);
        if (so_far.size() > call_.most_bytes + kMostOfHead || reply_.lines.size() > call_.most_lines)
            places::not_fetched(call_.url, "the answer does not end");
        return false;
    }

    // curl's clock began after ours, and its last byte was here at its end: both tell when the server was asked, the
    // later one better.
    ServerReply finish(std::string_view all, const Times& times) {
        if (!body_ || head_.status == 0) places::not_fetched(call_.url, "the answer is not HTTP");
        if (read_ < all.size()) take(all.substr(read_), all.size());
        reply_.status = head_.status;
        reply_.headers = std::move(head_.headers);
        reply_.end = times.ended - times.asked;
        const double asked = std::max(times.asked, last_ - reply_.end);
        for (ServerReply::Line& line : reply_.lines) line.at = std::max(0.0, line.at - asked);
        return std::move(reply_);
    }

private:
    void take(std::string_view line, std::size_t next) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        reply_.lines.push_back({std::string(line), last_});
        read_ = next;
    }

    const ServerCall& call_;
    places::Response head_;
    ServerReply reply_;
    const Clock::time_point begun_ = Clock::now();
    double last_ = 0;  // when the last piece came, since we began
    std::optional<std::size_t> body_;
    std::size_t read_ = 0;
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
                .arguments = {"--config", "/dev/fd/3"},
                .options = options_of(call, options),
                .complains = true,
                .cannot = ErrorCode::not_fetched});
    curl.feed(call.json);
    curl.end_input();
    const std::string all = curl.output_until([&](std::string_view so_far) { return reader.hear(so_far); },
                                              call.most_bytes + 2 * kMostOfHead);
    const std::string complaints = curl.complaints();
    if (const int status = curl.wait(); status != 0) places::not_fetched(call.url, reason_of(complaints, status));
    return reader.finish(all, times_of(complaints));
}

}  // namespace

places::CallServer curl_calls(ServerCallOptions options) {
    return [options = std::move(options)](const ServerCall& call) { return ask(call, options); };
}

}  // namespace attnx::cli
