// gguf: every byte of a file labelled, so that nothing is missed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "attnx/gguf/file.h"

namespace attnx::gguf {

enum class Region : std::uint8_t { header, metadata, tensor_table, padding, tensor, gap, tail };
std::string_view to_string(Region region);

struct Extent {
    Region region;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    const TensorInfo* tensor = nullptr;  // for Region::tensor
};

// Extents of one shard in file order, without overlap and without holes: their bytes add up to the shard's size.
// Bytes that overlapping tensors share are counted once, for the first of them.
std::vector<Extent> byte_map(const File& file, std::uint32_t shard);

}  // namespace attnx::gguf
