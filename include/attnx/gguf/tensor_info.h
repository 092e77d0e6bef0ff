// gguf: one row of the tensor table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "attnx/gguf/tensor_type.h"

namespace attnx::gguf {

inline constexpr std::uint32_t kMaxDimensions = 4;
inline constexpr std::size_t kGgmlNameBytes = 63;  // ggml.h: GGML_MAX_NAME is 64 with the final zero

struct TensorInfo {
    std::string_view name;  // raw bytes of the file
    std::uint32_t dimension_count = 0;
    // Fastest first, as stored; unused ones are 1. For a weight matrix: {inputs, outputs}.
    std::array<std::uint64_t, kMaxDimensions> ne = {1, 1, 1, 1};
    std::uint32_t type_id = 0;            // as stored
    const TensorTypeRow* type = nullptr;  // nullptr: a type this version does not know
    std::uint64_t elements = 0;           // product of ne
    // Size of the data. Of an unknown type the room up to the next tensor or the end of the file, padding included;
    // nothing where even that cannot be told.
    std::optional<std::uint64_t> bytes = {};
    std::uint64_t relative_offset = 0;  // as stored: from the start of the shard's data section
    std::uint64_t offset = 0;           // absolute, in its shard
    std::uint32_t shard = 0;            // index into File::shards()
    std::uint64_t record_offset = 0;    // of this row in the shard's tensor table

    std::span<const std::uint64_t> shape_file_order() const { return {ne.data(), dimension_count}; }
};

// Of all of them; nothing when one's size is unknown, or the sum too large.
std::optional<std::uint64_t> bytes_of(std::span<const TensorInfo> tensors);

}  // namespace attnx::gguf
