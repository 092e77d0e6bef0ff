#include "skip_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "limits.h"

namespace attnx::gguf {
namespace {

bool has_unusual_bool(std::span<const std::byte> bools) {
    return std::ranges::any_of(bools, [](std::byte b) { return b > std::byte{1}; });
}

// Arrays of arrays are walked with a bounded stack of counts instead of recursion: depth comes from the file.
class ArrayWalk {
public:
    explicit ArrayWalk(Cursor& cursor) : cursor_(cursor) {}

    ValueOddities run() {
        enter_array();
        while (depth_ > 0) {
            if (open_[depth_ - 1] == 0) {
                --depth_;
                continue;
            }
            --open_[depth_ - 1];
            enter_array();
        }
        return oddities_;
    }

private:
    void enter_array() {
        const std::uint64_t begin = cursor_.offset();
        const ValueType element = read_value_type(cursor_, "an array's element type");
        const std::uint64_t count = cursor_.read_length("an array's count");
        if (element == ValueType::array) return open_nested(count, begin);
        if (element == ValueType::string) {
            check_count(count, cursor_.layout().length_bytes);
            return cursor_.skip_strings(count);
        }
        const auto elements = cursor_.skip_elements(count, scalar_bytes(element));
        if (element == ValueType::boolean) oddities_.unusual_bool |= has_unusual_bool(elements);
    }

    void open_nested(std::uint64_t count, std::uint64_t begin) {
        oddities_.nested_array = true;
        if (depth_ == open_.size())
            cursor_.fail(ErrorCode::nested_too_deep, fmt::format("arrays nested more than {} deep", kMaxArrayDepth),
                         begin);
        check_count(count, sizeof(std::uint32_t) + cursor_.layout().length_bytes);
        open_[depth_++] = count;
    }

    void check_count(std::uint64_t count, std::uint64_t smallest_element) const {
        if (count > cursor_.left() / smallest_element)
            cursor_.fail(ErrorCode::bad_length,
                         fmt::format("an array of {} elements cannot fit in the {} bytes left in the file", count,
                                     cursor_.left()),
                         cursor_.offset() - cursor_.layout().length_bytes);
    }

    Cursor& cursor_;
    std::array<std::uint64_t, kMaxArrayDepth - 1> open_ = {};  // elements still to come, per enclosing array
    std::size_t depth_ = 0;
    ValueOddities oddities_;
};

}  // namespace

ValueType read_value_type(Cursor& cursor, std::string_view what) {
    const std::uint64_t begin = cursor.offset();
    const auto id = cursor.read<std::uint32_t>(what);
    if (id >= kValueTypeCount)
        cursor.fail(ErrorCode::bad_value_type,
                    fmt::format("value type {} is none that GGUF defines (0 to {})", id, kValueTypeCount - 1), begin);
    return static_cast<ValueType>(id);
}

ValueOddities skip_value(Cursor& cursor, ValueType type) {
    if (type == ValueType::array) return ArrayWalk(cursor).run();
    if (type == ValueType::string) {
        cursor.read_string("a string");
        return {};
    }
    const std::uint32_t size = scalar_bytes(type);
    if (size > cursor.left())
        cursor.fail(ErrorCode::truncated,
                    fmt::format("the file ends inside a {}: {} bytes are needed, {} are left", to_string(type), size,
                                cursor.left()),
                    cursor.offset());
    const auto bytes = cursor.skip_elements(1, size);
    return {.nested_array = false, .unusual_bool = type == ValueType::boolean && has_unusual_bool(bytes)};
}

}  // namespace attnx::gguf
