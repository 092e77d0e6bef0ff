#include "remote_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "attnx/base/error.h"
#include "attnx/base/units.h"
#include "attnx/gguf/header_size.h"
#include "attnx/places/remote_file.h"

namespace attnx::places {
namespace {

constexpr std::uint64_t kFirstRange = std::uint64_t{1} << 20;
constexpr std::uint64_t kSpare = std::uint64_t{3} << 20;  // sooner fetched for nothing than asked for anew
constexpr std::uint64_t kMostOfHeader = std::uint64_t{1} << 30;
constexpr std::uint64_t kMostOfFile = std::uint64_t{1} << 44;
constexpr std::uint64_t kAtOnce = std::uint64_t{32} << 20;  // bytes of tensors
constexpr std::uint64_t kNear = std::uint64_t{64} << 10;    // sooner fetched than asked for anew
constexpr std::uint64_t kMostThatStay = std::uint64_t{1} << 30;

std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > kMostOfFile) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

bool take(std::string_view& text, std::string_view what) {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
}

std::optional<std::uint64_t> length_of(const Response& response) {
    const std::string header = response.header("content-length");
    std::string_view text = header;
    const auto length = take_number(text);
    return text.empty() ? length : std::nullopt;
}

struct RangeOfFile {
    ByteRange bytes;
    std::uint64_t size = 0;  // of the file
};

// "bytes 0-99/1234"
std::optional<RangeOfFile> range_of(const Response& response) {
    const std::string header = response.header("content-range");
    std::string_view text = header;
    if (!take(text, "bytes ")) return std::nullopt;
    const auto first = take_number(text);
    if (!first || !take(text, "-")) return std::nullopt;
    const auto last = take_number(text);
    if (!last || !take(text, "/")) return std::nullopt;
    const auto size = take_number(text);
    if (!size || !text.empty() || *last < *first || *last >= *size) return std::nullopt;
    return RangeOfFile{{*first, *last + 1}, *size};
}

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

// What of the file an answer holds, from where it was asked for on.
struct RemoteFile::Part {
    std::uint64_t size = 0;  // of the file
    bool ranges = false;
};

RemoteFile::RemoteFile(Url url, std::shared_ptr<const Access> access)
    : url_(std::move(url)), what_(url_.shown()), access_(std::move(access)), at_(url_), announced_(kNear) {}

// What redirects led to is asked directly the next time, for as long as it lets us.
Response RemoteFile::ask(Request request) const {
    request.url = at_;
    Answer answer = follow(access_->asking, request, what_);
    const int status = answer.response.status;
    if (status >= 400 && at_.text() != url_.text()) {
        request.url = url_;
        answer = follow(access_->asking, request, what_);
    }
    at_ = answer.from;
    return std::move(answer.response);
}

RemoteFile::Part RemoteFile::part_of(const Response& response, ByteRange asked) const {
    const std::string encoding = response.header("content-encoding");
    if (!encoding.empty() && encoding != "identity")
        not_fetched(what_, "the server compresses the file, so that no part of it can be read");
    if (response.status == 206) {
        const auto range = range_of(response);
        const bool right = range && range->bytes.first == asked.first &&
                           range->bytes.end == std::min(asked.end, range->size) &&
                           response.body.size() == range->bytes.size();
        if (!right) not_fetched(what_, "the server's answer is not the range that was asked for");
        return {range->size, true};
    }
    if (response.status != 200) not_fetched(what_, words_of(response.status));
    const auto length = length_of(response);
    if (length && response.body.size() > *length) not_fetched(what_, "the server's answer is longer than it says");
    if (length) return {*length, false};
    if (response.body.size() >= asked.size()) not_fetched(what_, "the server does not say how large the file is");
    return {response.body.size(), false};
}

bool RemoteFile::read_header() {
    auto known = access_->cache.find(url_);
    if (known && wanted(known->bytes, known->size) > known->bytes.size()) known.reset();  // not all of the header
    if (known && !access_->asking.exchange) {
        begin(known->version, known->size, known->bytes);
        return true;
    }
    constexpr ByteRange kBeginning{0, kFirstRange};
    const Response first = ask({.range = kBeginning,
                                .known = known ? known->version : "",
                                .most = kFirstRange,
                                .more = [this](const Response& head, std::string_view body) {
                                    const auto size = head.status == 200 ? length_of(head) : std::nullopt;
                                    return size ? wanted(body, *size) : body.size();
                                }});
    if (first.status == 404) return false;
    if (first.status == 416 && first.header("content-range") == "bytes */0") {
        begin(first.version(), 0, {});
        return true;
    }
    const bool same = known && !known->version.empty() && first.version() == known->version;
    if (known && first.status == 304) {
        begin(known->version, known->size, known->bytes);
        return true;
    }
    const Part part = part_of(first, kBeginning);
    has_ranges_ = part.ranges;
    if (same && part.size == known->size) begin(known->version, known->size, known->bytes);
    else begin_with(first, part.size);
    return true;
}

void RemoteFile::begin(const std::string& version, std::uint64_t size, std::string_view bytes) {
    version_ = version;
    memory_.emplace(size);
    put(0, bytes);
}

void RemoteFile::begin_with(const Response& first, std::uint64_t size) {
    begin(first.version(), size, first.body);
    const auto beginning = [this] {
        const auto here = bytes().first(brought_.around(0).end);
        return std::string_view(reinterpret_cast<const char*>(here.data()), here.size());
    };
    for (;;) {
        const std::uint64_t have = beginning().size(), end = wanted(beginning(), size);
        if (end <= have) break;
        if (!has_ranges_) not_fetched(what_, "the server's answer ends too early");
        fetch({have, end});
    }
    if (beginning().starts_with("GGUF"))
        access_->cache.keep(url_, {.version = version_, .size = size, .bytes = std::string(beginning())});
}

// How much of the file's beginning is to be there, when this is: as much, if that is all of the header. Where its end
// is a guess, some more: texts grow, and other keys follow.
std::uint64_t RemoteFile::wanted(std::string_view beginning, std::uint64_t size) const {
    const gguf::HeaderSize header = gguf::header_size(as_bytes(beginning), size);
    const std::uint64_t have = beginning.size();
    std::uint64_t end = header.bytes;
    if (!header.exact) end = std::min(size, std::max(end, have + std::max(have / 5, std::min(have / 2, kSpare))));
    if (end > kMostOfHeader)
        not_fetched(what_, fmt::format("its header does not end within {}", format_bytes(kMostOfHeader)));
    return std::max(end, have);
}

void RemoteFile::put(std::uint64_t first, std::string_view bytes) const {
    const std::span<std::byte> place = memory_->open(first, bytes.size());
    if (!bytes.empty()) std::memcpy(place.data(), bytes.data(), bytes.size());
    brought_.add({first, first + bytes.size()});
}

void RemoteFile::fetch(ByteRange range) const {
    const Response response = ask({.range = range, .most = range.size()});
    const Part part = part_of(response, range);
    has_ranges_ = part.ranges;
    if (!has_ranges_)
        not_fetched(what_, "the server has no ranges, so that numbers cannot be picked out: fetch the file first");
    if (response.version() != version_ || part.size != bytes().size())
        throw Error(ErrorCode::file_changed, "the file on the server was replaced while it was being read",
                    {what_, std::nullopt, {}});
    put(range.first, response.body);
}

// What was announced beside it comes along.
void RemoteFile::ensure(std::uint64_t first, std::uint64_t size) const {
    const std::lock_guard lock(one_at_a_time_);
    const ByteRange asked{first, first + size};
    if (brought_.gap(asked).size() == 0) return;
    if (!access_->asking.exchange) not_fetched(what_, "numbers are not kept, and --offline fetches nothing");
    const ByteRange near = announced_.around(first);
    ByteRange wanted = asked;
    if (near.size() != 0)
        wanted = {std::min(first, std::max(near.first, first - std::min(first, kAtOnce))),
                  std::max(asked.end, std::min(near.end, asked.end + kAtOnce))};
    for (ByteRange gap = brought_.gap(wanted); gap.size() != 0; gap = brought_.gap(wanted))
        fetch({gap.first, std::min(gap.end, gap.first + kAtOnce)});
}

void RemoteFile::advise(std::uint64_t first, std::uint64_t size, io::Access access) const {
    const std::lock_guard lock(one_at_a_time_);
    if (first > bytes().size() || size > bytes().size() - first) return;
    if (access == io::Access::will_need) announced_.add({first, first + size});
    if (access != io::Access::done) return;
    announced_.remove({first, first + size});
    if (brought_.bytes() <= kMostThatStay) return;
    const auto [begin, end] = memory_->give_back(first, size);
    brought_.remove({begin, end});
}

gguf::OpenSource source_at(const Url& url, std::shared_ptr<const Access> access) {
    return [query = url.query(), access = std::move(access)](const std::filesystem::path& path,
                                                             bool may_be_absent) -> std::unique_ptr<io::ByteSource> {
        auto part = parse_url(path.string());
        if (!part) throw Error(ErrorCode::internal, "a part of a file on a server has no URL", {path.string(), {}, {}});
        part->path += query;
        auto file = std::make_unique<RemoteFile>(*part, access);
        if (file->read_header()) return file;
        if (!may_be_absent) not_fetched(path.string(), words_of(404));
        return nullptr;
    };
}

}  // namespace attnx::places
