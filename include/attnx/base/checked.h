// base: arithmetic on numbers that come from files. Absence of a result means it would not fit; what throws says so.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

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
[[nodiscard]] constexpr std::optional<std::span<const std::byte>> checked_subspan(std::span<const std::byte> bytes,
                                                                                  std::uint64_t offset,
                                                                                  std::uint64_t length) {
    if (offset > bytes.size() || length > bytes.size() - offset) return std::nullopt;
    return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

// The product of sizes. Throws overflow, saying what was counted.
std::size_t product(std::initializer_list<std::size_t> factors, std::string_view what);

// total / parts. Throws bad_value, saying what is shared out, unless it comes out whole and parts is not 0.
std::size_t share(std::size_t total, std::size_t parts, std::string_view what);

// [first, first + count) of `all`. Throws bad_dimensions, saying of what, when it does not lie inside.
[[noreturn]] void outside(std::size_t first, std::size_t count, std::size_t all, std::string_view what);
template <class T>
[[nodiscard]] constexpr std::span<T> part(std::span<T> all, std::size_t first, std::size_t count,
                                          std::string_view what) {
    if (first > all.size() || count > all.size() - first) outside(first, count, all.size(), what);
    return all.subspan(first, count);
}

// The saturating sum and product of sizes that are only compared with a bound.
[[nodiscard]] constexpr std::uint64_t add_up(std::uint64_t a, std::uint64_t b) {
    return checked_add(a, b).value_or(std::numeric_limits<std::uint64_t>::max());
}
[[nodiscard]] constexpr std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    return checked_multiply(a, b).value_or(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace attnx
