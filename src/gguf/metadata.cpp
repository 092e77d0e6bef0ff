#include "attnx/gguf/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "attnx/base/error.h"

namespace attnx::gguf {

Metadata::Metadata(std::vector<Entry> entries, std::string path)
    : entries_(std::move(entries)), by_key_(entries_.size()), path_(std::move(path)) {
    std::iota(by_key_.begin(), by_key_.end(), 0u);
    // Ties in file order, so that of a duplicated key the later one is reported.
    std::ranges::sort(by_key_, {}, [this](std::uint32_t i) { return std::pair(entries_[i].key, i); });
    const auto same_key = [this](std::uint32_t a, std::uint32_t b) { return entries_[a].key == entries_[b].key; };
    const auto twice = std::ranges::adjacent_find(by_key_, same_key);
    if (twice == by_key_.end()) return;
    const Entry& first = entries_[*twice];
    const Entry& second = entries_[*std::next(twice)];
    throw Error(ErrorCode::duplicate_key,
                fmt::format("key {} occurs twice, first at byte {}", second.key, first.offset),
                {path_, second.offset, std::string(second.key)});
}

const Entry* Metadata::find_entry(std::string_view key) const {
    const auto key_of = [this](std::uint32_t i) { return entries_[i].key; };
    const auto found = std::ranges::lower_bound(by_key_, key, {}, key_of);
    return found != by_key_.end() && key_of(*found) == key ? &entries_[*found] : nullptr;
}

const Value* Metadata::find(std::string_view key) const {
    const Entry* entry = find_entry(key);
    return entry != nullptr ? &entry->value : nullptr;
}

template <class T>
std::optional<T> Metadata::get(std::string_view key, ValueType expected) const {
    const Entry* entry = find_entry(key);
    if (entry == nullptr) return std::nullopt;
    std::optional<T> result;
    if constexpr (std::is_same_v<T, ArrayView>) result = entry->value.array();
    else result = entry->value.template as<T>();
    if (!result)
        throw Error(
            ErrorCode::wrong_type,
            fmt::format("key {} is stored as {}, not as {}", key, to_string(entry->value.type()), to_string(expected)),
            {path_, entry->offset, std::string(key)});
    return result;
}

std::optional<std::string_view> Metadata::string(std::string_view key) const {
    return get<std::string_view>(key, ValueType::string);
}
std::optional<std::uint32_t> Metadata::u32(std::string_view key) const {
    return get<std::uint32_t>(key, ValueType::u32);
}
std::optional<float> Metadata::f32(std::string_view key) const { return get<float>(key, ValueType::f32); }
std::optional<bool> Metadata::boolean(std::string_view key) const { return get<bool>(key, ValueType::boolean); }
std::optional<ArrayView> Metadata::array(std::string_view key) const { return get<ArrayView>(key, ValueType::array); }

}  // namespace attnx::gguf
