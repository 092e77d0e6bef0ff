// gguf: a GGUF file, or a whole split set, opened and checked.
//
// The container: magic "GGUF", version, tensor count, metadata count; then the metadata records, the tensor table,
// padding to `general.alignment`, and the tensor data (ggml docs/gguf.md).
#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/findings.h"
#include "attnx/gguf/metadata.h"
#include "attnx/gguf/stored_basis.h"
#include "attnx/gguf/tensor_info.h"
#include "attnx/gguf/value.h"

namespace attnx::io {
class ByteSource;
}

namespace attnx::gguf {

struct Header {
    std::uint32_t version = 0;  // 1, 2 or 3
    Layout layout;
    std::uint64_t tensor_count = 0;    // of this shard
    std::uint64_t metadata_count = 0;  // of this shard
    std::uint64_t alignment = 32;
    std::uint64_t metadata_offset = 0;  // first metadata record
    std::uint64_t tensor_table_offset = 0;
    std::uint64_t tensor_table_end = 0;
    std::uint64_t data_offset = 0;  // tensor_table_end aligned up; equals the file's end when there are no tensors
};

// One file of a set (a file that is not split is a set of one).
struct Shard {
    std::string path;
    std::uint64_t size_bytes = 0;
    Header header;
    std::span<const std::byte> bytes;  // the whole file
    Metadata metadata;                 // of this shard; File::metadata() is the first's, as in llama.cpp
};

struct OpenOptions {
    bool join_split = true;             // any part of a set names the whole
    bool allow_truncated_data = false;  // tensors past the end become findings (truncated_data) instead of an Error
    bool allow_missing_parts = false;   // so do parts of a split set, but the first, which describes the model
};

// For who asks what a header says and reads no weights: what is missing is a finding (truncated_data).
inline constexpr OpenOptions kHeaderAlone{
    .join_split = true, .allow_truncated_data = true, .allow_missing_parts = true};

// Where a file of that name lies. Throws, or hands back null where it is not there and may be absent.
using OpenSource =
    std::function<std::unique_ptr<io::ByteSource>(const std::filesystem::path& path, bool may_be_absent)>;

// Those of one shard; all are in the order of shards.
std::span<const TensorInfo> tensors_of(std::span<const TensorInfo> tensors, std::uint32_t shard);

// Owns the mappings. Every view handed out lives as long as the File. Move-only. Const use from several threads is
// safe. Opening reads headers only, never tensor data; cost is linear in the header's bytes. Throws the file and
// container codes of ErrorCode, always with path and offset.
class File {
public:
    static File open(const std::filesystem::path& path, OpenOptions options = {});
    // The same of files that lie elsewhere: parts of a split set are asked for by names beside this one's.
    static File open(const std::filesystem::path& path, OpenOptions options, const OpenSource& source);
    // Views bytes that the caller keeps alive; for tests and fuzzing. Never joins a split.
    static File from_bytes(std::span<const std::byte> bytes, std::string name, OpenOptions options = {});
    // The same, and keeps them: what came from a pipe, of which the tensors' data may be missing without a word.
    static File from_pipe(std::string bytes, std::string name, OpenOptions options = {});

    File(File&&) noexcept;
    File& operator=(File&&) noexcept;
    ~File();

    const std::string& path() const;              // as named by the user
    std::span<const Shard> shards() const;        // in order; at least one
    const Header& header() const;                 // of the first shard
    const Metadata& metadata() const;             // of the first shard
    std::span<const TensorInfo> tensors() const;  // of all shards, in file order
    const TensorInfo* find_tensor(std::string_view name) const;
    // Exactly *info.bytes bytes, in the file's byte order; throws unknown_tensor_type or tensor_out_of_range.
    std::span<const std::byte> data(const TensorInfo& info) const;
    // Of files that lie elsewhere: the same, of which a part may be touched only after ensure() has brought it here.
    bool is_elsewhere() const;
    std::span<const std::byte> place(const TensorInfo& info) const;
    void ensure(const TensorInfo& info, std::uint64_t first, std::uint64_t size) const;
    std::uint64_t size_bytes() const;     // of all shards
    std::uint32_t parts_missing() const;  // with allow_missing_parts
    const Findings& findings() const;     // odd but usable things met while reading
    // Of weights that are rotated; null: there are none. Throws what gguf::stored_basis does.
    const StoredBasis* stored_basis() const;

    // Hints for reading weights once and in order; see io::Access. A part begins at a byte of the tensor.
    void will_read(const TensorInfo& info) const;
    void will_read(const TensorInfo& info, std::uint64_t first, std::uint64_t size) const;
    void done_with(const TensorInfo& info) const;
    // The same of several, neighbours as one.
    using TensorList = std::span<const TensorInfo* const>;
    void will_read(TensorList tensors) const;
    void done_with(TensorList tensors) const;

private:
    struct State;
    void advise(TensorList tensors, bool done) const;
    explicit File(std::unique_ptr<State> state);
    static File open(const std::filesystem::path& path, OpenOptions options, const OpenSource& source, bool elsewhere);
    std::unique_ptr<State> state_;
};

}  // namespace attnx::gguf
