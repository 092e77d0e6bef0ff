// NumPy's format (numpy/lib/format.py): "\x93NUMPY", version, length of the header, the header as a Python literal
//   {'descr': '<f4', 'fortran_order': False, 'shape': (8, 8), }
// and then the numbers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

#include "attnx/analysis/matrix_text.h"
#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/base/half.h"
#include "attnx/base/text.h"

namespace attnx::analysis {
namespace {

class NpyReader {
public:
    NpyReader(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

    NumberMatrix read() {
        read_header();
        NumberMatrix matrix = shaped();
        const std::size_t count = matrix.values.size();
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = fortran_ && matrix.columns > 0
                                       ? i % matrix.columns * matrix.rows + i / matrix.columns  // column after column
                                       : i;
            matrix.values[i] = number(at);
        }
        return matrix;
    }

private:
    [[noreturn]] void refuse(const std::string& why) const {
        throw Error(ErrorCode::bad_value, why, {path_, std::nullopt, {}});
    }

    std::string_view text(std::size_t first, std::size_t count) const {
        const auto some = checked_subspan(bytes_, first, count);
        if (!some) refuse("the file ends within the header of its array");
        return {reinterpret_cast<const char*>(some->data()), some->size()};
    }

    void read_header() {
        constexpr std::string_view kMagic = "\x93NUMPY";
        if (bytes_.size() < 10 || text(0, kMagic.size()) != kMagic)
            refuse("this is no array of NumPy (it does not begin as .npy does)");
        const auto version = static_cast<unsigned>(bytes_[6]);
        if (version < 1 || version > 3) refuse(fmt::format("version {} of .npy is not known", version));
        const std::size_t size = version == 1 ? 2 : 4;
        std::size_t length = 0;
        const std::string_view digits = text(8, size);
        for (std::size_t i = size; i-- > 0;) length = length << 8 | static_cast<unsigned char>(digits[i]);
        header_ = text(8 + size, length);
        data_ = bytes_.subspan(8 + size + length);
        descr_ = quoted("'descr'");
        fortran_ = field("'fortran_order'").starts_with("True");
        read_shape(field("'shape'"));
        if (descr_.size() < 3 || std::string_view("<>|=").find(descr_[0]) == std::string_view::npos) refuse_elements();
        kind_ = descr_[1];
        const auto [end, error] = std::from_chars(descr_.data() + 2, descr_.data() + descr_.size(), width_);
        if (error != std::errc() || end != descr_.data() + descr_.size()) refuse_elements();
        const bool real = kind_ == 'f' && (width_ == 2 || width_ == 4 || width_ == 8);
        const bool whole = (kind_ == 'i' || kind_ == 'u') && (width_ == 1 || width_ == 2 || width_ == 4 || width_ == 8);
        if (!real && !whole && !(kind_ == 'b' && width_ == 1)) refuse_elements();
        swap_ = descr_[0] == (std::endian::native == std::endian::little ? '>' : '<');
    }

    [[noreturn]] void refuse_elements() const {
        refuse(fmt::format("its elements are '{}', which are no real numbers that attnx reads", printable(descr_)));
    }

    // What follows a key of the header.
    std::string_view field(std::string_view key) const {
        const std::size_t at = header_.find(key);
        if (at == std::string_view::npos) refuse(fmt::format("the header of its array has no {}", key));
        std::string_view rest = header_.substr(at + key.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(" :"), rest.size()));
        return rest;
    }

    std::string quoted(std::string_view key) const {
        const std::string_view rest = field(key);
        const std::size_t end = rest.empty() ? std::string_view::npos : rest.find(rest[0], 1);
        if (end == std::string_view::npos || (rest[0] != '\'' && rest[0] != '"'))
            refuse("its elements are records, not numbers");
        return std::string(rest.substr(1, end - 1));
    }

    void read_shape(std::string_view rest) {
        const std::size_t end = rest.find(')');
        if (!rest.starts_with('(') || end == std::string_view::npos) refuse("the shape of its array cannot be read");
        rest = rest.substr(1, end - 1);
        while (!rest.empty()) {
            rest.remove_prefix(std::min(rest.find_first_not_of(" ,"), rest.size()));
            if (rest.empty()) break;
            std::uint64_t extent = 0;
            const auto [after, error] = std::from_chars(rest.data(), rest.data() + rest.size(), extent);
            if (error != std::errc()) refuse("the shape of its array cannot be read");
            shape_.push_back(extent);
            rest.remove_prefix(static_cast<std::size_t>(after - rest.data()));
        }
    }

    NumberMatrix shaped() const {
        const std::size_t outer = shape_.size() < 2 ? 0 : shape_.size() - 2;
        if (shape_.size() < 2 || !std::all_of(shape_.begin(), shape_.begin() + static_cast<std::ptrdiff_t>(outer),
                                              [](std::uint64_t extent) { return extent == 1; }))
            refuse(fmt::format("its array has the shape ({}), which is no matrix", fmt::join(shape_, ", ")));
        NumberMatrix matrix{.rows = shape_[outer], .columns = shape_[outer + 1]};
        const std::uint64_t count = times(matrix.rows, matrix.columns);
        if (times(count, width_) != data_.size())
            refuse(fmt::format("an array of ({}) with elements of {} bytes takes {}, and the file holds {}",
                               fmt::join(shape_, ", "), width_, times(count, width_), data_.size()));
        matrix.single = kind_ == 'f' && width_ <= 4;
        matrix.values.resize(static_cast<std::size_t>(count));
        return matrix;
    }

    template <class T>
    T raw(std::size_t index) const {
        std::array<std::byte, sizeof(T)> field;
        std::memcpy(field.data(), data_.data() + index * sizeof(T), sizeof(T));
        if (swap_) std::ranges::reverse(field);
        return std::bit_cast<T>(field);
    }

    double number(std::size_t index) const {
        const bool negative = kind_ == 'i';
        switch (width_) {
            case 1: return negative ? raw<std::int8_t>(index) : raw<std::uint8_t>(index);
            case 2:
                if (kind_ == 'f') return static_cast<double>(half_to_float(raw<std::uint16_t>(index)));
                return negative ? raw<std::int16_t>(index) : raw<std::uint16_t>(index);
            case 4:
                if (kind_ == 'f') return static_cast<double>(raw<float>(index));
                return negative ? raw<std::int32_t>(index) : raw<std::uint32_t>(index);
            default:
                if (kind_ == 'f') return raw<double>(index);
                return negative ? static_cast<double>(raw<std::int64_t>(index))
                                : static_cast<double>(raw<std::uint64_t>(index));
        }
    }

    std::span<const std::byte> bytes_, data_;
    const std::string& path_;
    std::string_view header_;
    std::string descr_;
    std::vector<std::uint64_t> shape_;
    bool fortran_ = false, swap_ = false;
    char kind_ = 'f';
    std::uint64_t width_ = 0;
};

}  // namespace

NumberMatrix read_npy(std::span<const std::byte> bytes, const std::string& path) {
    return NpyReader(bytes, path).read();
}

}  // namespace attnx::analysis
