// gguf: one metadata value, as a typed view into the file. Nothing is copied, nothing decoded until asked for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace attnx::gguf {

// Ids as stored in files (ggml docs/gguf.md).
enum class ValueType : std::uint32_t {
    u8 = 0,
    i8 = 1,
    u16 = 2,
    i16 = 3,
    u32 = 4,
    i32 = 5,
    f32 = 6,
    boolean = 7,
    string = 8,
    array = 9,
    u64 = 10,
    i64 = 11,
    f64 = 12,
};
inline constexpr std::uint32_t kValueTypeCount = 13;

std::string_view to_string(ValueType type);  // "uint32", "float32", "bool", "string", "array" …
std::uint32_t scalar_bytes(ValueType type);  // 0 for string and array

// How the file's integers are stored. Views carry it, so that every access swaps where needed.
// Version 1 files use 32-bit lengths (string lengths, array counts).
struct Layout {
    std::endian order = std::endian::little;
    std::uint8_t length_bytes = 8;
};

class ArrayView;

// A value. Views live as long as the bytes they point into (gguf::File). The reader has checked that the bytes are all
// there.
class Value {
public:
    Value() = default;
    Value(ValueType type, std::span<const std::byte> bytes, Layout layout)
        : type_(type), layout_(layout), bytes_(bytes) {}

    ValueType type() const { return type_; }
    std::span<const std::byte> bytes() const { return bytes_; }  // the encoded value, after its type word
    Layout layout() const { return layout_; }

    // The value when it is stored as exactly T (std::uint32_t, float, bool, std::string_view …), otherwise nothing.
    // A bool is true when its byte is not 0, as in llama.cpp.
    template <class T>
    std::optional<T> as() const;

    // Any integer or bool type whose value is not negative and fits.
    std::optional<std::uint64_t> to_unsigned() const;
    // Any integer type that fits.
    std::optional<std::int64_t> to_signed() const;
    // Any number, widened.
    std::optional<double> to_double() const;
    // Only for arrays.
    std::optional<ArrayView> array() const;

private:
    ValueType type_ = ValueType::u8;
    Layout layout_;
    std::span<const std::byte> bytes_;
};

// An array. Fixed-size elements are reached in O(1); strings and nested arrays by walking (use for_each).
class ArrayView {
public:
    ArrayView(ValueType element, std::uint64_t size, std::span<const std::byte> bytes, Layout layout)
        : element_(element), size_(size), bytes_(bytes), layout_(layout) {}

    ValueType element_type() const { return element_; }
    std::uint64_t size() const { return size_; }
    std::span<const std::byte> bytes() const { return bytes_; }  // the elements, without the type and count words
    Layout layout() const { return layout_; }

    // Element i of a fixed-size type; i < size() by contract. O(1). For strings and arrays: O(i).
    Value at(std::uint64_t i) const;

    // Calls visit(index, Value) for each element in order until it returns false (a visitor returning void sees all).
    template <class Visit>
    void for_each(Visit&& visit) const {
        std::size_t offset = 0;
        for (std::uint64_t i = 0; i < size_; ++i) {
            const Value element = element_at(offset);
            offset += element.bytes().size();
            if constexpr (std::is_same_v<decltype(visit(i, element)), bool>) {
                if (!visit(i, element)) return;
            } else {
                visit(i, element);
            }
        }
    }

private:
    Value element_at(std::size_t byte_offset) const;

    ValueType element_;
    std::uint64_t size_;
    std::span<const std::byte> bytes_;
    Layout layout_;
};

}  // namespace attnx::gguf
