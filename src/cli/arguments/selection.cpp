#include "selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view what) {
    const bool heads = what == "head";
    throw Error(ErrorCode::usage, fmt::format("'{}' does not select {}s: write {}0-3,7, all or last", text, what,
                                              heads ? "5.3, L5H3, " : ""));
}

void require_index(std::string_view what, std::uint32_t index, std::uint32_t count) {
    if (index >= count)
        throw Error(ErrorCode::not_found, fmt::format("there is no {} {}: the model has {}", what, index, count));
}

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "3", "0-3", "last"
std::optional<IndexRange> range(std::string_view text) {
    if (text == "last") return IndexRange{0, 0, true};
    const std::size_t dash = text.find('-');
    const auto first = number(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    return IndexRange{*first, *last, false};
}

std::vector<std::string_view> parts(std::string_view text) {
    std::vector<std::string_view> all;
    for (;;) {
        const std::size_t comma = text.find(',');
        all.push_back(text.substr(0, comma));
        if (comma == std::string_view::npos) return all;
        text.remove_prefix(comma + 1);
    }
}

// "5.3" and "L5H3" as {"5", "3"}.
std::optional<std::pair<std::string_view, std::string_view>> layer_and_head(std::string_view text) {
    const bool named = !text.empty() && (text.front() == 'L' || text.front() == 'l');
    const std::size_t cut = named ? text.find_first_of("Hh") : text.find('.');
    if (cut == std::string_view::npos) return std::nullopt;
    return std::pair(text.substr(named ? 1 : 0, cut - (named ? 1 : 0)), text.substr(cut + 1));
}

bool covers(const IndexRange& range, std::uint32_t index, std::uint32_t count) {
    return range.from_end ? index + 1 == count : index >= range.first && index <= range.last;
}

}  // namespace

IndexSelection IndexSelection::parse(std::string_view text, std::string_view what) {
    IndexSelection selection;
    selection.what_ = what;
    if (text == "all") return selection;
    for (const std::string_view part : parts(text)) {
        const auto found = range(part);
        if (!found) refuse(text, what);
        selection.ranges_.push_back(*found);
    }
    return selection;
}

std::vector<std::uint32_t> IndexSelection::resolve(std::uint32_t count) const {
    for (const IndexRange& range : ranges_)
        if (!range.from_end) require_index(what_, range.first, count);
    std::vector<std::uint32_t> indices;
    for (std::uint32_t i = 0; i < count; ++i)
        if (all() ||
            std::any_of(ranges_.begin(), ranges_.end(), [&](const IndexRange& r) { return covers(r, i, count); }))
            indices.push_back(i);
    return indices;
}

HeadSelection HeadSelection::parse(std::string_view text) {
    HeadSelection selection;
    if (text == "all") return selection;
    for (const std::string_view part : parts(text)) {
        Item item;
        std::string_view heads = part;
        if (const auto pair = layer_and_head(part)) {
            item.layer = number(pair->first);
            if (!item.layer) refuse(text, "head");
            heads = pair->second;
        }
        const auto found = range(heads);
        if (!found) refuse(text, "head");
        item.heads = *found;
        selection.items_.push_back(item);
    }
    return selection;
}

bool HeadSelection::contains(std::uint32_t layer, std::uint32_t head, std::uint32_t head_count) const {
    return all() || std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
               return (!item.layer || *item.layer == layer) && covers(item.heads, head, head_count);
           });
}

std::optional<std::vector<std::uint32_t>> HeadSelection::layers() const {
    std::vector<std::uint32_t> named;
    for (const Item& item : items_) {
        if (!item.layer) return std::nullopt;
        named.push_back(*item.layer);
    }
    if (named.empty()) return std::nullopt;
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    return named;
}

std::vector<std::uint32_t> choose_layers(const IndexSelection& layers, const HeadSelection& heads,
                                         const model::ModelSpec& spec) {
    const std::uint32_t count = spec.layer_count;
    std::vector<std::uint32_t> chosen = layers.resolve(count);
    const auto named = heads.layers();
    for (const std::uint32_t layer : named.value_or(std::vector<std::uint32_t>{})) require_index("layer", layer, count);
    if (layers.all() && named) chosen = *named;
    const auto has_some = [&](std::uint32_t layer) {
        const std::uint32_t head_count = spec.layers[layer].head_count;
        for (std::uint32_t head = 0; head < head_count; ++head)
            if (heads.contains(layer, head, head_count)) return true;
        return false;
    };
    if (!heads.all() && std::none_of(chosen.begin(), chosen.end(), has_some))
        throw Error(ErrorCode::not_found, "none of the heads asked for is in these layers");
    return chosen;
}

}  // namespace attnx::cli
