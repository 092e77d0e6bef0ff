// base: what a run will take in memory, worked out before it starts, against what it may.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace attnx {

// Without asking: 4 GiB beyond the pages of the file.
inline constexpr std::uint64_t kMaxMemory = std::uint64_t{4} << 30;

struct Need {
    std::string what;  // "keys and values of 512 tokens"
    std::uint64_t bytes = 0;
};

// Throws refused, naming the largest, when all needs together are more than `most` bytes.
void refuse_beyond(std::span<const Need> needs, std::uint64_t most, const std::string& path);

}  // namespace attnx
