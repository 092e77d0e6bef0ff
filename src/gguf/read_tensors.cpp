#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "cursor.h"
#include "limits.h"
#include "read.h"

namespace attnx::gguf {
namespace {

void read_name(const Source& source, Cursor& cursor, TensorInfo& info) {
    info.name = cursor.read_string("a tensor name");
    if (info.name.empty()) cursor.fail(ErrorCode::bad_tensor_name, "a tensor has an empty name", info.record_offset);
    if (info.name.size() > kMaxTensorNameBytes)
        cursor.fail(ErrorCode::bad_tensor_name,
                    fmt::format("a tensor name has {} bytes, more than {}", info.name.size(), kMaxTensorNameBytes),
                    info.record_offset);
    cursor.name(info.name);
    if (info.name.size() > kGgmlNameBytes)
        source.findings.add(FindingId::tensor_name_too_long, [&] {
            return fmt::format("tensor name {} has {} bytes, more than the {} that ggml reads", info.name,
                               info.name.size(), kGgmlNameBytes);
        });
    if (!is_valid_utf8(info.name))
        source.findings.add(FindingId::key_invalid_utf8,
                            [&] { return fmt::format("tensor name {} is not valid UTF-8", info.name); });
}

void read_dimensions(Cursor& cursor, std::uint32_t version, TensorInfo& info) {
    const std::uint64_t begin = cursor.offset();
    info.dimension_count = cursor.read<std::uint32_t>("a dimension count");
    if (info.dimension_count == 0 || info.dimension_count > kMaxDimensions)
        cursor.fail(ErrorCode::bad_dimensions,
                    fmt::format("{} dimensions; 1 to {} are possible", info.dimension_count, kMaxDimensions), begin);
    info.elements = 1;
    for (std::uint32_t i = 0; i < info.dimension_count; ++i) {
        const std::uint64_t at = cursor.offset();
        const std::uint64_t size =
            version == 1 ? cursor.read<std::uint32_t>("a dimension") : cursor.read<std::uint64_t>("a dimension");
        info.ne[i] = size;
        const auto product = checked_multiply(info.elements, size);
        if (size == 0 || size > kMaxElements)
            cursor.fail(ErrorCode::bad_dimensions,
                        fmt::format("dimension {} is {}", i, static_cast<std::int64_t>(size)), at);
        if (!product || *product > kMaxElements)
            cursor.fail(ErrorCode::bad_dimensions,
                        fmt::format("{} x {} elements are more than 64 bits can count", info.elements, size), at);
        info.elements = *product;
    }
}

void read_type(Cursor& cursor, TensorInfo& info) {
    const std::uint64_t begin = cursor.offset();
    info.type_id = cursor.read<std::uint32_t>("a tensor type");
    info.type = find_tensor_type(info.type_id);
    if (info.type == nullptr) return;  // all of them are noted at once
    const auto row = row_bytes(*info.type, info.ne[0]);
    if (!row)
        cursor.fail(ErrorCode::bad_dimensions,
                    fmt::format("rows of {} elements are not whole blocks of {} ({} elements each)", info.ne[0],
                                info.type->name, info.type->block_elements),
                    begin);
    const auto bytes = checked_multiply(*row, info.elements / info.ne[0]);
    if (!bytes || *bytes > kMaxElements)
        cursor.fail(
            ErrorCode::bad_dimensions,
            fmt::format("{} elements of {} are more bytes than 64 bits can count", info.elements, info.type->name),
            begin);
    info.bytes = *bytes;
}

TensorInfo read_info(const Source& source, Cursor& cursor, const Header& header, std::uint64_t index) {
    TensorInfo info;
    info.record_offset = cursor.offset();
    cursor.enter({.kind_numbered = "tensor", .kind_named = "tensor", .index = index, .name = {}});
    read_name(source, cursor, info);
    read_dimensions(cursor, header.version, info);
    read_type(cursor, info);
    const std::uint64_t at = cursor.offset();
    info.relative_offset = cursor.read<std::uint64_t>("a tensor offset");
    if (info.relative_offset % header.alignment != 0)
        cursor.fail(
            ErrorCode::tensor_misaligned,
            fmt::format("offset {} is not a multiple of the alignment {}", info.relative_offset, header.alignment), at);
    return info;
}

// How far tensor data reaches beyond the file.
struct Shortfall {
    const TensorInfo* first = nullptr;  // in table order
    std::uint64_t first_missing = 0;
    std::uint64_t tensors = 0;
    std::uint64_t missing = 0;  // bytes the file would need to grow by
};

void resolve_offset(const Source& source, const Header& header, TensorInfo& info) {
    const auto offset = checked_add(header.data_offset, info.relative_offset);
    const auto end = offset ? checked_add(*offset, info.bytes.value_or(0)) : std::nullopt;
    if (!end)
        throw Error(ErrorCode::tensor_out_of_range,
                    fmt::format("tensor {} begins at {} in the data section, which no file can hold", info.name,
                                info.relative_offset),
                    {source.path, info.record_offset, std::string(info.name)});
    info.offset = *offset;
}

void note_shortfall(const Source& source, const Shortfall& gap, bool allow_truncated_data) {
    if (gap.first == nullptr) return;
    const std::string all = gap.tensors == 1 ? ""
                                             : fmt::format("; {} tensors are incomplete and {} bytes missing in all",
                                                           gap.tensors, gap.missing);
    std::string message =
        fmt::format("tensor {} ends {} bytes past the end of the file{}", gap.first->name, gap.first_missing, all);
    if (!allow_truncated_data)
        throw Error(ErrorCode::tensor_out_of_range, message,
                    {source.path, gap.first->offset, std::string(gap.first->name)});
    source.findings.add(FindingId::truncated_data, [&] { return message; });
}

}  // namespace

void read_tensors(const Source& source, Header& header, std::uint32_t shard, bool allow_truncated_data,
                  std::vector<TensorInfo>& tensors) {
    Cursor cursor(source.bytes, header.tensor_table_offset, header.layout, source.path);
    const std::size_t begin = tensors.size();
    for (std::uint64_t i = 0; i < header.tensor_count; ++i) {
        tensors.push_back(read_info(source, cursor, header, i));
        tensors.back().shard = shard;
    }
    const std::uint64_t size = source.bytes.size();
    header.tensor_table_end = cursor.offset();
    // A file is at most 2^63 bytes and the alignment small, so this cannot overflow.
    header.data_offset = align_up(header.tensor_table_end, header.alignment);
    if (header.tensor_count == 0) header.data_offset = std::min(header.data_offset, size);

    const std::span<TensorInfo> own = std::span(tensors).subspan(begin);
    for (TensorInfo& info : own) resolve_offset(source, header, info);
    size_by_offsets(own, size);
    Shortfall gap;
    for (const TensorInfo& info : own) {
        const std::uint64_t end = info.offset + info.bytes.value_or(0);
        if (end <= size) continue;
        if (gap.first == nullptr) gap = {&info, end - size, 0, 0};
        ++gap.tensors;
        gap.missing = std::max(gap.missing, end - size);
    }
    note_shortfall(source, gap, allow_truncated_data);
}

}  // namespace attnx::gguf
