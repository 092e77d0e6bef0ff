// gguf, private: split sets. Parts are named PREFIX-00001-of-00003.gguf; `split.no` counts from 0, `split.count` and
// `split.tensors.count` are for the whole set (llama.cpp, gguf-split).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "attnx/gguf/file.h"
#include "finding_log.h"

namespace attnx::gguf {

struct SplitSet {
    std::filesystem::path directory;  // of the part the user named
    std::string prefix;
    std::uint32_t count = 1;
    std::uint32_t own = 0;  // index of that part

    // Built from the user's own path and a number, never from text in a file.
    std::filesystem::path part(std::uint32_t index) const;
};

// The set that `shard`, opened as `path`, belongs to; nothing when it stands alone. Throws bad_split when its keys
// and its name contradict each other.
std::optional<SplitSet> find_split_set(const Shard& shard, const std::filesystem::path& path, FindingLog& findings);

// Throws bad_split unless `shard` says that it is part `index` of `set`.
void check_part(const Shard& shard, const SplitSet& set, std::uint32_t index);

// Compares split.tensors.count with the tensors found.
void check_total(const Shard& first, std::uint64_t tensors_found, FindingLog& findings);

}  // namespace attnx::gguf
