#include "container.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "attnx/base/checked.h"
#include "attnx/base/text.h"

namespace attnx::analysis {
namespace {

using gguf::Shard;
using gguf::TensorInfo;
using gguf::ValueType;

constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 30;  // of a string in bytes, of an array in elements
constexpr std::uint32_t kTypeCount = 44;                      // GGML_TYPE_COUNT

Refusal about_key(std::string_view key, std::string_view what) {
    return {fmt::format("key {} {}", printable(key), what), std::string(key)};
}

Refusal about_tensor(const TensorInfo& info, std::string_view what) {
    return {fmt::format("tensor {} {}", printable(info.name), what), std::string(info.name)};
}

std::optional<Refusal> header_refusal(const gguf::Header& header) {
    if (header.layout.order != std::endian::native)
        return Refusal{"its numbers are stored in the other byte order", {}};
    if (header.version == 1) return Refusal{"GGUF version 1 is no longer read", {}};
    return std::nullopt;
}

// A key that is there, but of another type than llama.cpp asks for.
std::optional<Refusal> type_refusal(const gguf::Metadata& metadata, std::string_view key, ValueType expected) {
    const gguf::Value* value = metadata.find(key);
    if (value == nullptr || value->type() == expected) return std::nullopt;
    return about_key(
        key, fmt::format("is stored as {}, llama.cpp expects {}", to_string(value->type()), to_string(expected)));
}

std::optional<Refusal> value_refusal(const gguf::Entry& entry) {
    if (const auto text = entry.value.as<std::string_view>(); text && text->size() > kMaxLength)
        return about_key(entry.key, fmt::format("is a text of {} bytes", text->size()));
    const auto array = entry.value.array();
    if (!array) return std::nullopt;
    if (array->element_type() == ValueType::array) return about_key(entry.key, "is an array of arrays");
    if (array->size() > kMaxLength) return about_key(entry.key, fmt::format("has {} values", array->size()));
    return std::nullopt;
}

std::optional<Refusal> metadata_refusal(const gguf::Metadata& metadata) {
    for (const gguf::Entry& entry : metadata.entries())
        if (auto refusal = value_refusal(entry)) return refusal;
    return type_refusal(metadata, "general.alignment", ValueType::u32);
}

// The tensors' data follow each other in the order of the table, each padded to the alignment.
std::optional<Refusal> layout_refusal(const Shard& shard, std::span<const TensorInfo> tensors) {
    for (const TensorInfo& info : tensors)
        if (info.name.size() > gguf::kGgmlNameBytes)
            return about_tensor(info, fmt::format("has a name of {} bytes, more than the {} that ggml reads",
                                                  info.name.size(), gguf::kGgmlNameBytes));
    std::optional<std::uint64_t> expected = 0;  // nothing: the size of the one before is not known
    for (const TensorInfo& info : tensors) {
        if (info.type == nullptr && (info.type_id >= kTypeCount || gguf::is_removed_tensor_type(info.type_id)))
            return about_tensor(info, fmt::format("has type {}, which llama.cpp does not know", info.type_id));
        if (expected && info.relative_offset != *expected)
            return about_tensor(
                info, fmt::format("begins at {} in the data, {} is expected", info.relative_offset, *expected));
        expected.reset();
        if (info.type == nullptr) continue;
        const auto end = checked_add(info.relative_offset, *info.bytes);
        const auto padded = end ? checked_add(*end, shard.header.alignment - 1) : std::nullopt;
        if (!padded) return about_tensor(info, "is larger than any file");
        expected = *padded / shard.header.alignment * shard.header.alignment;
    }
    return std::nullopt;
}

std::optional<Refusal> bounds_refusal(const Shard& shard, std::span<const TensorInfo> tensors) {
    for (const TensorInfo& info : tensors)
        if (info.offset > shard.size_bytes || info.bytes.value_or(0) > shard.size_bytes - info.offset)
            return about_tensor(info, "is not within the file, which is incomplete");
    return std::nullopt;
}

std::optional<Refusal> shard_refusal(const gguf::File& file, std::uint32_t index) {
    const Shard& shard = file.shards()[index];
    const std::span<const TensorInfo> tensors = gguf::tensors_of(file.tensors(), index);
    if (auto refusal = header_refusal(shard.header)) return refusal;
    if (auto refusal = metadata_refusal(shard.metadata)) return refusal;
    if (auto refusal = layout_refusal(shard, tensors)) return refusal;
    if (index == 0) {
        if (auto refusal = type_refusal(shard.metadata, "general.architecture", ValueType::string)) return refusal;
    }
    return bounds_refusal(shard, tensors);
}

// What holds the parts together; the reader has compared names and numbers already.
std::optional<Refusal> split_refusal(const gguf::File& file) {
    constexpr std::string_view kCount = "split.count", kNumber = "split.no", kTensors = "split.tensors.count";
    const gguf::Metadata& first = file.metadata();
    if (auto refusal = type_refusal(first, kCount, ValueType::u16)) return refusal;
    const gguf::Value* count = first.find(kCount);
    if (count == nullptr || *count->to_unsigned() <= 1) return std::nullopt;
    if (file.shards().size() != *count->to_unsigned())
        return about_key(kCount, fmt::format("is {}, and the other parts were not read", *count->to_unsigned()));
    for (std::uint32_t i = 0; i < file.shards().size(); ++i) {
        if (i > 0) {
            if (auto refusal = shard_refusal(file, i)) return refusal;
        }
        if (auto refusal = type_refusal(file.shards()[i].metadata, kNumber, ValueType::u16)) return refusal;
    }
    if (first.find(kTensors) == nullptr) return about_key(kTensors, "is missing");
    if (auto refusal = type_refusal(first, kTensors, ValueType::i32)) return refusal;
    const std::int64_t announced = first.find(kTensors)->to_signed().value_or(-1);
    if (announced != static_cast<std::int64_t>(file.tensors().size()))
        return about_key(kTensors,
                         fmt::format("is {}, but the parts hold {} tensors", announced, file.tensors().size()));
    return std::nullopt;
}

}  // namespace

std::optional<Refusal> container_refusal(const gguf::File& file) {
    if (auto refusal = shard_refusal(file, 0)) return refusal;
    if (auto refusal = split_refusal(file)) return refusal;
    return type_refusal(file.metadata(), "general.file_type", ValueType::u32);
}

}  // namespace attnx::analysis
