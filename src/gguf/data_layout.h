// gguf, private: how the tensors of one file share its bytes.
#pragma once

#include <span>
#include <vector>

#include "attnx/gguf/byte_map.h"
#include "attnx/gguf/file.h"
#include "finding_log.h"

namespace attnx::gguf {

struct Overlap {
    const TensorInfo* first = nullptr;
    const TensorInfo* second = nullptr;
    std::uint64_t bytes = 0;  // 0: unknown, because a type is
};

struct DataLayout {
    std::vector<Extent> extents;  // see byte_map.h
    std::vector<Overlap> overlaps;
    const TensorInfo* out_of_order = nullptr;  // the first that lies before its predecessor in the table
};

// `tensors` are those of this shard. A tensor of unknown size is given the bytes up to the next one.
DataLayout lay_out(const Shard& shard, std::span<const TensorInfo> tensors);

// What is odd about it.
void note_layout(const DataLayout& layout, FindingLog& findings);

}  // namespace attnx::gguf
