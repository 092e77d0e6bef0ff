#include "attnx/gguf/byte_map.h"

#include <array>

#include "data_layout.h"

namespace attnx::gguf {

std::string_view to_string(Region region) {
    constexpr std::array<std::string_view, 7> kNames = {"header", "metadata", "tensor_table", "padding",
                                                        "tensor", "gap",      "tail"};
    return kNames[static_cast<std::size_t>(region)];
}

std::vector<Extent> byte_map(const File& file, std::uint32_t shard) {
    return lay_out(file.shards()[shard], tensors_of(file.tensors(), shard)).extents;
}

}  // namespace attnx::gguf
