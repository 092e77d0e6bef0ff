// base: arithmetic on numbers that come from files. Absence of a result means it would not fit.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace attnx {

template <std::unsigned_integral T>
[[nodiscard]] constexpr std::optional<T> checked_add(T a, T b) {
    T sum{};
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

template <std::unsigned_integral T>
[[nodiscard]] constexpr std::optional<T> checked_multiply(T a, T b) {
    T product{};
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

// Smallest multiple of `alignment` that is >= value; alignment must not be 0.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_align(std::uint64_t value, std::uint64_t alignment) {
    const std::uint64_t rest = value % alignment;
    return rest == 0 ? std::optional(value) : checked_add(value, alignment - rest);
}

// The same for values known to be small (contexts, cells): asserts nothing, may not overflow by contract.
[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

template <std::integral To, std::integral From>
[[nodiscard]] constexpr std::optional<To> checked_narrow(From value) {
    if constexpr (std::numeric_limits<From>::is_signed) {
        if (value < 0) {
            if constexpr (!std::numeric_limits<To>::is_signed) return std::nullopt;
            else if (value < std::numeric_limits<To>::min()) return std::nullopt;
            return static_cast<To>(value);
        }
    }
    if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(std::numeric_limits<To>::max()))
        return std::nullopt;
    return static_cast<To>(value);
}

// [offset, offset + length) of bytes, or nothing when it does not lie inside.
[[nodiscard]] constexpr std::optional<std::span<const std::byte>> checked_subspan(
    std::span<const std::byte> bytes, std::uint64_t offset, std::uint64_t length) {
    if (offset > bytes.size() || length > bytes.size() - offset) return std::nullopt;
    return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

}  // namespace attnx
