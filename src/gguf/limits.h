// gguf, private: the ceilings of the reader. Lengths and counts have none but the bytes left in the file: a vocabulary
// may be as large as it likes, and nothing is allocated by a number that the file merely claims.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attnx::gguf {

inline constexpr std::uint64_t kMaxKeyBytes = 65535;         // ggml docs/gguf.md
inline constexpr std::uint64_t kMaxTensorNameBytes = 65535;  // as keys; ggml's own limit is kGgmlNameBytes
inline constexpr std::size_t kMaxArrayDepth = 8;             // the format has no limit; no known file nests at all
inline constexpr std::uint64_t kMaxAlignment = 1u << 24;     // far above any page size
inline constexpr std::uint64_t kMaxRecords = 0x7FFFFFFF;     // keys or tensors, so that 32-bit indices suffice
inline constexpr std::uint64_t kMaxElements = 0x7FFFFFFFFFFFFFFF;  // ggml counts in int64

}  // namespace attnx::gguf
