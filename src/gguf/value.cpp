#include "attnx/gguf/value.h"

#include <array>
#include <cassert>

#include "attnx/base/checked.h"
#include "cursor.h"
#include "load.h"
#include "skip_value.h"

namespace attnx::gguf {
namespace {

struct ValueTypeRow {
    std::string_view name;  // as ggml docs/gguf.md says it, in lower case
    std::uint32_t bytes;    // 0: variable
};

constexpr std::array<ValueTypeRow, kValueTypeCount> kRows = {{
    {"uint8", 1},
    {"int8", 1},
    {"uint16", 2},
    {"int16", 2},
    {"uint32", 4},
    {"int32", 4},
    {"float32", 4},
    {"bool", 1},
    {"string", 0},
    {"array", 0},
    {"uint64", 8},
    {"int64", 8},
    {"float64", 8},
}};

// clang-format off
template <class T> struct TypeOf;
template <> struct TypeOf<std::uint8_t> { static constexpr ValueType value = ValueType::u8; };
template <> struct TypeOf<std::int8_t> { static constexpr ValueType value = ValueType::i8; };
template <> struct TypeOf<std::uint16_t> { static constexpr ValueType value = ValueType::u16; };
template <> struct TypeOf<std::int16_t> { static constexpr ValueType value = ValueType::i16; };
template <> struct TypeOf<std::uint32_t> { static constexpr ValueType value = ValueType::u32; };
template <> struct TypeOf<std::int32_t> { static constexpr ValueType value = ValueType::i32; };
template <> struct TypeOf<std::uint64_t> { static constexpr ValueType value = ValueType::u64; };
template <> struct TypeOf<std::int64_t> { static constexpr ValueType value = ValueType::i64; };
template <> struct TypeOf<float> { static constexpr ValueType value = ValueType::f32; };
template <> struct TypeOf<double> { static constexpr ValueType value = ValueType::f64; };
template <> struct TypeOf<bool> { static constexpr ValueType value = ValueType::boolean; };
template <> struct TypeOf<std::string_view> { static constexpr ValueType value = ValueType::string; };
// clang-format on

// Calls visit with the integer that `value` holds, in its own type (a bool as 0 or 1), or returns nothing.
template <class Result, class Visit>
std::optional<Result> visit_integer(const Value& value, Visit visit) {
    switch (value.type()) {
        case ValueType::u8: return visit(*value.as<std::uint8_t>());
        case ValueType::i8: return visit(*value.as<std::int8_t>());
        case ValueType::u16: return visit(*value.as<std::uint16_t>());
        case ValueType::i16: return visit(*value.as<std::int16_t>());
        case ValueType::u32: return visit(*value.as<std::uint32_t>());
        case ValueType::i32: return visit(*value.as<std::int32_t>());
        case ValueType::u64: return visit(*value.as<std::uint64_t>());
        case ValueType::i64: return visit(*value.as<std::int64_t>());
        case ValueType::boolean: return visit(static_cast<std::uint8_t>(*value.as<bool>() ? 1 : 0));
        case ValueType::f32:
        case ValueType::f64:
        case ValueType::string:
        case ValueType::array: return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(ValueType type) { return kRows[static_cast<std::size_t>(type)].name; }
std::uint32_t scalar_bytes(ValueType type) { return kRows[static_cast<std::size_t>(type)].bytes; }

template <class T>
std::optional<T> Value::as() const {
    if (type_ != TypeOf<T>::value || bytes_.empty()) return std::nullopt;
    if constexpr (std::is_same_v<T, bool>) {
        return bytes_[0] != std::byte{0};
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        const auto text = bytes_.subspan(layout_.length_bytes);
        return std::string_view(reinterpret_cast<const char*>(text.data()), text.size());
    } else {
        return load<T>(bytes_.data(), layout_.order);
    }
}

template std::optional<std::uint8_t> Value::as() const;
template std::optional<std::int8_t> Value::as() const;
template std::optional<std::uint16_t> Value::as() const;
template std::optional<std::int16_t> Value::as() const;
template std::optional<std::uint32_t> Value::as() const;
template std::optional<std::int32_t> Value::as() const;
template std::optional<std::uint64_t> Value::as() const;
template std::optional<std::int64_t> Value::as() const;
template std::optional<float> Value::as() const;
template std::optional<double> Value::as() const;
template std::optional<bool> Value::as() const;
template std::optional<std::string_view> Value::as() const;

std::optional<std::uint64_t> Value::to_unsigned() const {
    return visit_integer<std::uint64_t>(*this, [](auto integer) { return checked_narrow<std::uint64_t>(integer); });
}

std::optional<std::int64_t> Value::to_signed() const {
    if (type_ == ValueType::boolean) return std::nullopt;
    return visit_integer<std::int64_t>(*this, [](auto integer) { return checked_narrow<std::int64_t>(integer); });
}

std::optional<double> Value::to_double() const {
    if (const auto single = as<float>()) return *single;
    if (const auto precise = as<double>()) return *precise;
    if (type_ == ValueType::boolean) return std::nullopt;
    return visit_integer<double>(*this, [](auto integer) { return std::optional(static_cast<double>(integer)); });
}

std::optional<ArrayView> Value::array() const {
    if (type_ != ValueType::array || bytes_.empty()) return std::nullopt;
    Cursor cursor(bytes_, 0, layout_, {});
    const ValueType element = read_value_type(cursor, "an array's element type");
    const std::uint64_t count = cursor.read_length("an array's count");
    return ArrayView(element, count, bytes_.subspan(static_cast<std::size_t>(cursor.offset())), layout_);
}

Value ArrayView::at(std::uint64_t i) const {
    assert(i < size_);
    if (const std::uint32_t bytes = scalar_bytes(element_); bytes != 0)
        return Value(element_, bytes_.subspan(static_cast<std::size_t>(i) * bytes, bytes), layout_);
    std::size_t offset = 0;
    for (std::uint64_t skipped = 0; skipped < i; ++skipped) offset += element_at(offset).bytes().size();
    return element_at(offset);
}

// The reader has walked these bytes once, but the file may have been rewritten under the mapping since: lengths are
// compared with the array's end again, so that even then nothing outside it is touched.
Value ArrayView::element_at(std::size_t byte_offset) const {
    Cursor cursor(bytes_, byte_offset, layout_, {});
    skip_value(cursor, element_);
    return Value(element_, cursor.since(byte_offset), layout_);
}

}  // namespace attnx::gguf
