// gguf, private: integers and floats from unaligned bytes of either byte order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "attnx/gguf/value.h"

namespace attnx::gguf {

template <std::size_t Bytes>
using UnsignedOf = std::conditional_t<
    Bytes == 1, std::uint8_t,
    std::conditional_t<Bytes == 2, std::uint16_t, std::conditional_t<Bytes == 4, std::uint32_t, std::uint64_t>>>;

template <class T>
constexpr T swap_bytes(T value) {
    if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
    else if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
    else if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
    else return value;
}

// The T that begins at `bytes`; sizeof(T) bytes must be there.
template <class T>
T load(const std::byte* bytes, std::endian order) {
    UnsignedOf<sizeof(T)> raw;
    std::memcpy(&raw, bytes, sizeof raw);
    if (order != std::endian::native) raw = swap_bytes(raw);
    return std::bit_cast<T>(raw);
}

// A string length or array count: 64 bits, or 32 in version 1.
inline std::uint64_t load_length(const std::byte* bytes, Layout layout) {
    return layout.length_bytes == 4 ? load<std::uint32_t>(bytes, layout.order)
                                    : load<std::uint64_t>(bytes, layout.order);
}

}  // namespace attnx::gguf
