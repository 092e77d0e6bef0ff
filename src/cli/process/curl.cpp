#include "curl.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "child.h"
#include "curl_options.h"
#include "progress.h"
#include "response_head.h"

namespace attnx::cli {
namespace {

constexpr int kSlow = 512;  // bytes a second

bool is_tag(std::string_view text) {
    return (text.starts_with("\"") || text.starts_with("W/\"")) && text.ends_with('"') &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string options_of(const places::Request& request, unsigned timeout) {
    std::string text = options_of_answer(request.url.text(), request.url.scheme);
    text +=
        fmt::format("write-out = \"\"\nconnect-timeout = {0}\nspeed-limit = {1}\nspeed-time = {0}\n", timeout, kSlow);
    text += header_option("Accept-Encoding", "identity");
    if (request.range) text += fmt::format("range = \"{}-{}\"\n", request.range->first, request.range->end - 1);
    text += token_option(request.token);
    if (is_tag(request.known)) text += header_option("If-None-Match", request.known);
    if (!request.accept.empty()) text += header_option("Accept", request.accept);
    return text;
}

unsigned timeout_of(const Environment& environment) {
    constexpr unsigned kUsual = 30, kMost = 3600;
    const char* text = environment.getenv("ATTNX_TIMEOUT");
    unsigned seconds = 0;
    if (text != nullptr) std::from_chars(text, text + std::strlen(text), seconds);
    return seconds == 0 ? kUsual : std::min(seconds, kMost);
}

// Reads one answer from the child, as far as it is of use.
class Reading {
public:
    Reading(const places::Request& request, Progress& progress)
        : request_(request), most_(request.most), progress_(progress) {}

    // Of everything that came so far; whether that is enough.
    bool operator()(std::string_view so_far) {
        progress_.advance(so_far.size() - seen_);
        seen_ = so_far.size();
        if (!begins_) begins_ = take_head(so_far, response, request_.url.shown());
        while (begins_ && so_far.size() - *begins_ >= most_) {
            const std::string_view body = so_far.substr(*begins_);
            const std::uint64_t more = request_.more ? request_.more(response, body) : most_;
            if (more <= most_) return true;
            most_ = more;
        }
        return false;
    }
    bool has_begun() const { return begins_.has_value(); }
    void take_body(std::string& all) {
        all.resize(std::min<std::uint64_t>(all.size(), *begins_ + most_));
        all.erase(0, *begins_);
        response.body = std::move(all);
    }

    places::Response response;

private:
    const places::Request& request_;
    std::uint64_t most_, seen_ = 0;
    Progress& progress_;
    std::optional<std::size_t> begins_;  // the body, in what came
};

}  // namespace

places::Exchange curl_exchange(const Environment& environment) {
    return [&environment, requests = std::make_shared<unsigned>(0)](const places::Request& request) {
        Child curl(
            {.program = "curl", .arguments = {"--config", "-"}, .complains = true, .cannot = ErrorCode::not_fetched});
        curl.feed(options_of(request, timeout_of(environment)));
        curl.end_input();
        Progress progress(environment, fmt::format("fetching, request {}", ++*requests), request.most);
        Reading reading(request, progress);
        bool enough = false;
        std::string all = curl.output_until(
            [&](std::string_view so_far) {
                enough = reading(so_far);
                return enough;
            },
            std::uint64_t{4} << 30);
        if (!enough) {
            const std::string said = curl.complaints(), complaint = printable(said.substr(0, said.find('\n')));
            const int status = curl.wait();
            if (status != 0 || !reading.has_begun())
                places::not_fetched(
                    request.url.shown(),
                    complaint.empty() ? fmt::format("curl brought no answer (its status is {})", status) : complaint);
        }
        reading.take_body(all);
        return std::move(reading.response);
    };
}

}  // namespace attnx::cli
