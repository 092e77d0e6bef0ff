#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "cursor.h"
#include "limits.h"
#include "read.h"
#include "skip_value.h"

namespace attnx::gguf {
namespace {

// ggml docs/gguf.md asks for lower_snake_case with dots; architecture names bring digits and hyphens.
bool is_canonical(std::string_view key) {
    return std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    });
}

void note_oddities(const Source& source, std::string_view key, ValueOddities odd) {
    if (!is_valid_utf8(key))
        source.findings.add(FindingId::key_invalid_utf8, [&] { return fmt::format("key {} is not valid UTF-8", key); });
    else if (!is_canonical(key))
        source.findings.add(FindingId::key_not_canonical,
                            [&] { return fmt::format("key {} is not made of a-z, 0-9, '_', '-' and '.'", key); });
    if (odd.unusual_bool)
        source.findings.add(FindingId::bool_not_zero_or_one,
                            [&] { return fmt::format("key {} holds a bool that is neither 0 nor 1", key); });
    if (odd.nested_array)
        source.findings.add(FindingId::nested_array,
                            [&] { return fmt::format("key {} holds an array of arrays; llama.cpp refuses it", key); });
}

Entry read_entry(const Source& source, Cursor& cursor, std::uint64_t index) {
    Entry entry;
    entry.offset = cursor.offset();
    cursor.enter({.kind_numbered = "metadata record", .kind_named = "key", .index = index, .name = {}});
    entry.key = cursor.read_string("a key");
    if (entry.key.empty()) cursor.fail(ErrorCode::bad_key, "a key is empty", entry.offset);
    if (entry.key.size() > kMaxKeyBytes)
        cursor.fail(ErrorCode::bad_key, fmt::format("a key has {} bytes, more than {}", entry.key.size(), kMaxKeyBytes),
                    entry.offset);
    cursor.name(entry.key);
    const ValueType type = read_value_type(cursor, "a value type");
    const std::uint64_t begin = cursor.offset();
    const ValueOddities odd = skip_value(cursor, type);
    entry.value = Value(type, cursor.since(begin), cursor.layout());
    entry.bytes = cursor.offset() - entry.offset;
    note_oddities(source, entry.key, odd);
    return entry;
}

void read_alignment(const Source& source, const Metadata& metadata, Header& header) {
    constexpr std::string_view kKey = "general.alignment";
    const Entry* entry = metadata.find_entry(kKey);
    if (entry == nullptr) return;
    const auto refuse = [&](const std::string& message) {
        throw Error(ErrorCode::bad_alignment, message, {source.path, entry->offset, std::string(kKey)});
    };
    const auto value = entry->value.type() == ValueType::boolean ? std::nullopt : entry->value.to_unsigned();
    if (!value)
        refuse(fmt::format("{} is stored as {}, not as a positive integer", kKey, to_string(entry->value.type())));
    if (!std::has_single_bit(*value)) refuse(fmt::format("{} is {}, not a power of two", kKey, *value));
    if (*value > kMaxAlignment) refuse(fmt::format("{} is {}, more than {}", kKey, *value, kMaxAlignment));
    header.alignment = *value;
    if (entry->value.type() != ValueType::u32)
        source.findings.add(FindingId::key_wrong_type, [&] {
            return fmt::format("{} is stored as {}, not as uint32; llama.cpp stops at it", kKey,
                               to_string(entry->value.type()));
        });
    if (*value < 8)
        source.findings.add(FindingId::unusual_alignment,
                            [&] { return fmt::format("{} is {}; the format asks for a multiple of 8", kKey, *value); });
}

}  // namespace

Metadata read_metadata(const Source& source, Header& header) {
    Cursor cursor(source.bytes, header.metadata_offset, header.layout, source.path);
    std::vector<Entry> entries;
    // The count is only a claim: a large sparse file could back any number. Real files have a few dozen keys.
    constexpr std::uint64_t kReserved = 256;
    entries.reserve(static_cast<std::size_t>(std::min(header.metadata_count, kReserved)));
    for (std::uint64_t i = 0; i < header.metadata_count; ++i) entries.push_back(read_entry(source, cursor, i));
    header.tensor_table_offset = cursor.offset();
    Metadata metadata(std::move(entries), source.path);
    read_alignment(source, metadata, header);
    return metadata;
}

}  // namespace attnx::gguf
