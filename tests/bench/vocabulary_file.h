// A header like that of a model with a large vocabulary: tokens, scores, types, and twice as many merges (Gemma 3 has
// 262,144 and 514,906).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attnx::bench {

std::vector<std::byte> vocabulary_file(std::uint32_t tokens);

}  // namespace attnx::bench
