#include "split.h"

#include <fmt/format.h>

#include <charconv>

#include "attnx/base/error.h"
#include "attnx/gguf/part_name.h"

namespace attnx::gguf {
namespace {

constexpr std::string_view kNumberKey = "split.no";
constexpr std::string_view kCountKey = "split.count";
constexpr std::string_view kTensorsKey = "split.tensors.count";

// llama.cpp stores these as uint16 and int32; any integer is taken.
std::optional<std::uint64_t> read_number(const Shard& shard, std::string_view key) {
    const Entry* entry = shard.metadata.find_entry(key);
    if (entry == nullptr) return std::nullopt;
    const auto value = entry->value.to_unsigned();
    if (!value)
        throw Error(ErrorCode::bad_split,
                    fmt::format("{} is stored as {} and is no count", key, to_string(entry->value.type())),
                    {shard.path, entry->offset, std::string(key)});
    return value;
}

Where where(const Shard& shard, std::string_view key) {
    const Entry* entry = shard.metadata.find_entry(key);
    return {shard.path, entry != nullptr ? std::optional(entry->offset) : std::nullopt, std::string(key)};
}

}  // namespace

std::optional<PartName> part_name(std::string_view name) {
    constexpr std::string_view kPattern = "-00000-of-00000.gguf";
    if (name.size() <= kPattern.size()) return std::nullopt;
    const std::string_view tail = name.substr(name.size() - kPattern.size());
    for (std::size_t i = 0; i < kPattern.size(); ++i) {
        const bool digit = tail[i] >= '0' && tail[i] <= '9';
        if (kPattern[i] == '0' ? !digit : tail[i] != kPattern[i]) return std::nullopt;
    }
    PartName part{.prefix = std::string(name.substr(0, name.size() - kPattern.size()))};
    std::from_chars(tail.data() + 1, tail.data() + 6, part.number);
    std::from_chars(tail.data() + 10, tail.data() + 15, part.count);
    return part;
}

std::filesystem::path SplitSet::part(std::uint32_t index) const {
    return directory / fmt::format("{}-{:05}-of-{:05}.gguf", prefix, index + 1, count);
}

std::optional<SplitSet> find_split_set(const Shard& shard, const std::filesystem::path& path, FindingLog& findings) {
    const auto count = read_number(shard, kCountKey);
    const auto name = part_name(path.filename().string());
    if (count.value_or(0) <= 1) {
        const std::string says =
            count ? fmt::format("{} is {}", kCountKey, *count) : fmt::format("it has no {}", kCountKey);
        if (name && name->count > 1)
            findings.add(FindingId::split_count_disagrees, [&] {
                return fmt::format("the file's name says part {} of {}, but {}; read alone", name->number, name->count,
                                   says);
            });
        else if (count == 0) findings.add(FindingId::split_count_disagrees, [&] { return says + "; read alone"; });
        return std::nullopt;
    }
    if (!name)
        throw Error(
            ErrorCode::bad_split,
            fmt::format(
                "this is a part of {}, but its name does not end in -00001-of-{:05}.gguf, so the others cannot be found",
                *count, *count),
            where(shard, kCountKey));
    if (name->count != *count)
        throw Error(ErrorCode::bad_split,
                    fmt::format("{} is {}, but the file's name says {} parts", kCountKey, *count, name->count),
                    where(shard, kCountKey));
    if (name->number < 1 || name->number > name->count)
        throw Error(ErrorCode::bad_split, fmt::format("the file's name says part {} of {}", name->number, name->count),
                    where(shard, kNumberKey));
    SplitSet set{
        .directory = path.parent_path(), .prefix = name->prefix, .count = name->count, .own = name->number - 1};
    check_part(shard, set, set.own);
    return set;
}

void check_part(const Shard& shard, const SplitSet& set, std::uint32_t index) {
    const auto count = read_number(shard, kCountKey);
    if (count && *count != set.count)
        throw Error(ErrorCode::bad_split,
                    fmt::format("{} is {} here and {} in another part", kCountKey, *count, set.count),
                    where(shard, kCountKey));
    const auto number = read_number(shard, kNumberKey);
    if (!number)
        throw Error(ErrorCode::bad_split, fmt::format("key {} is missing in a part of a split set", kNumberKey),
                    where(shard, kNumberKey));
    if (*number != index)
        throw Error(ErrorCode::bad_split,
                    fmt::format("{} is {}, but the file's name says part {} of {}, whose number is {}", kNumberKey,
                                *number, index + 1, set.count, index),
                    where(shard, kNumberKey));
}

void check_total(const Shard& first, std::uint64_t tensors_found, FindingLog& findings) {
    const auto announced = read_number(first, kTensorsKey);
    if (!announced || *announced == tensors_found) return;
    findings.add(FindingId::split_count_disagrees, [&] {
        return fmt::format("{} is {}, but the parts hold {} tensors; llama.cpp refuses them", kTensorsKey, *announced,
                           tensors_found);
    });
}

}  // namespace attnx::gguf
