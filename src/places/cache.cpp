#include "attnx/places/cache.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attnx/base/error.h"
#include "attnx/base/units.h"
#include "attnx/io/output_files.h"
#include "attnx/io/text.h"
#include "from_variable.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kMostKept = std::uint64_t{256} << 20;
constexpr std::uint64_t kMostOfText = std::uint64_t{16} << 20;

// FNV-1a. The URL itself is in the file.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
    std::uint64_t value = seed;
    for (const char letter : text) value = (value ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
    return value;
}

}  // namespace

fs::path cache_root(const Variable& variable) {
    return first_of(
        {from(variable, "XDG_CACHE_HOME", "attnx/headers"), from(variable, "HOME", ".cache/attnx/headers")});
}

Cache::Cache(fs::path folder) : folder_(std::move(folder)) {
    if (!folder_.empty() && !io::is_private_or_absent(folder_.string())) folder_.clear();
}

fs::path Cache::place_of(const Url& url) const {
    const std::string text = url.text();
    return folder_ /
           fmt::format("{:016x}{:016x}", hash_of(text, 0xCBF29CE484222325U), hash_of(text, 0x9E3779B97F4A7C15U));
}

// A line of JSON that says what it is, then the bytes.
std::optional<Kept> Cache::find(const Url& url) const {
    if (folder_.empty() || !url.query().empty()) return std::nullopt;
    try {
        const std::string text = io::read_text(place_of(url).string(), kMostKept + kMostOfText);
        const std::size_t end = text.find('\n');
        if (end == text.npos) return std::nullopt;
        const json about = json::parse(std::string_view(text).substr(0, end));
        if (about.at("url") != url.text() || about.at("kept") != text.size() - end - 1) return std::nullopt;
        Kept kept{.version = about.at("version"), .size = about.at("size"), .bytes = text.substr(end + 1)};
        return kept.bytes.size() > kept.size ? std::nullopt : std::optional(std::move(kept));
    } catch (const Error&) {
    } catch (const json::exception&) {
    }
    return std::nullopt;
}

void Cache::keep(const Url& url, const Kept& kept) const {
    if (folder_.empty() || !url.query().empty() || kept.bytes.size() > kMostKept) return;
    const json about = {
        {"url", url.text()}, {"version", kept.version}, {"size", kept.size}, {"kept", kept.bytes.size()}};
    try {
        io::make_private_folder(folder_.string());
        io::OutputFiles files({place_of(url).string()}, {}, io::Readers::owner);
        files[0].write(about.dump(-1, ' ', true, json::error_handler_t::replace) + "\n");
        files[0].write(kept.bytes);
        files.publish();
    } catch (const Error&) {  // a cache is a convenience
    }
}

std::string fetch_text(const Access& access, const Url& url, const std::string& accept) {
    std::optional<Kept> known = access.cache.find(url);
    if (known && !access.asking.exchange) return std::move(known->bytes);
    const std::string what = url.shown();
    Response response =
        follow(access.asking,
               {.url = url, .known = known ? known->version : "", .accept = accept, .most = kMostOfText + 1}, what)
            .response;
    if (response.status == 304 && known) return std::move(known->bytes);
    if (response.status != 200) not_fetched(what, words_of(response.status));
    if (response.body.size() > kMostOfText)
        not_fetched(what, fmt::format("the answer does not end within {}", format_bytes(kMostOfText)));
    access.cache.keep(url, {.version = response.version(), .size = response.body.size(), .bytes = response.body});
    return std::move(response.body);
}

}  // namespace attnx::places
