// gguf, private: the sections of one file, read in this order. Each throws the container codes of ErrorCode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/gguf/file.h"
#include "finding_log.h"

namespace attnx::gguf {

// One file being read.
struct Source {
    std::span<const std::byte> bytes;
    std::string path;
    FindingLog& findings;
};

// How the numbers of a file are stored whose version is written in these four bytes; nothing: not known.
struct VersionRead {
    std::uint32_t version = 0;
    Layout layout;
};
std::optional<VersionRead> read_version(const std::byte* bytes);

// Magic, version, byte order and counts. Section offsets beyond metadata_offset are filled in by what follows.
Header read_header(const Source& source);
// What a file that does not begin with the magic looks like ("an HTML page …"), or nothing.
std::string_view recognise(std::span<const std::byte> bytes);

// The key/value records; sets header.tensor_table_offset and header.alignment.
Metadata read_metadata(const Source& source, Header& header);

// The tensor table; sets header.tensor_table_end and header.data_offset. Appends to `tensors`, as shard `shard`.
// A tensor that does not lie in the file is refused, or noted when `allow_truncated_data`.
void read_tensors(const Source& source, Header& header, std::uint32_t shard, bool allow_truncated_data,
                  std::vector<TensorInfo>& tensors);

// Sizes of tensors of unknown type, from where the others of the shard begin. `shard_bytes`: of the file.
void size_by_offsets(std::span<TensorInfo> tensors_of_shard, std::uint64_t shard_bytes);
// One finding for all unknown types, one for all removed ones.
void note_unknown_types(std::span<const TensorInfo> tensors, FindingLog& findings);

}  // namespace attnx::gguf
