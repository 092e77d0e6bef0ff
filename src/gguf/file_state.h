// What an open file holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/gguf/file.h"
#include "attnx/io/byte_source.h"
#include "finding_log.h"

namespace attnx::gguf {

struct File::State {
    std::string path;
    std::vector<std::unique_ptr<io::ByteSource>> sources;  // one per shard; none when the caller keeps the bytes
    std::string kept;                                      // bytes that came from a pipe
    std::vector<Shard> shards;
    std::vector<TensorInfo> tensors;
    std::vector<std::uint32_t> by_name;  // indices into tensors, sorted by name
    Findings findings;
    std::uint32_t parts_missing = 0;
    bool elsewhere = false;

    std::optional<StoredBasis> basis;
    std::optional<Error> basis_error;

    void finish(FindingLog& log, OpenOptions options);
    void suppose_data();
    void read_alone(std::span<const std::byte> bytes, OpenOptions options);  // never joins a split
    void read_basis(FindingLog& log);
};

}  // namespace attnx::gguf
