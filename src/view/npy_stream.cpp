// NumPy's .npy files (numpy.lib.format, version 1.0): little-endian float32, C order, whatever this machine's byte
// order.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>

#include "attnx/view/stream.h"

namespace attnx::view {
namespace {

std::string npy_header(std::span<const std::uint64_t> shape) {
    constexpr std::size_t kPrefix = 10, kAlignment = 64;  // magic, version, length word
    std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    const std::size_t total = (kPrefix + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
    text.append(total - kPrefix - text.size() - 1, ' ');
    text += '\n';
    std::string header = "\x93NUMPY";
    header += '\x01';
    header += '\0';
    header += static_cast<char>(text.size() & 0xff);
    header += static_cast<char>(text.size() >> 8U);
    return header + text;
}

class NpyStream final : public NumberStream {
public:
    NpyStream(const StreamPlan& plan, SeekableSink& out) : out_(out) {
        for (const Axis& axis : plan.axes) shape_.push_back(axis.size);
        const std::string header = npy_header(shape_);
        std::uint64_t values = 1;
        for (const std::uint64_t extent : shape_) values *= extent;
        out_.write(header);
        data_ = at_ = header.size();
        out_.extend_to(data_ + values * sizeof(float));
    }

    void write(std::span<const std::uint64_t> place, std::span<const std::uint64_t>, RowValues values) override {
        std::uint64_t run = 0;
        for (std::size_t i = 0; i < place.size(); ++i) run = run * shape_[i] + place[i];
        const std::uint64_t offset = data_ + run * shape_.back() * sizeof(float);
        values = values.first(written_part(values));
        if (values.empty()) return;
        if (offset != at_) out_.seek(offset);
        if constexpr (std::endian::native == std::endian::big) {
            swapped_.assign(values.begin(), values.end());
            for (float& value : swapped_)
                value = std::bit_cast<float>(__builtin_bswap32(std::bit_cast<std::uint32_t>(value)));
            values = swapped_;
        }
        out_.write({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
        at_ = offset + values.size_bytes();
    }

private:
    // Zeros at the end of a row (keys that are masked) are what a file reads where nothing was written: left out where
    // that saves a page at least, at the price of a seek.
    static std::size_t written_part(RowValues values) {
        constexpr std::size_t kWorthwhile = 4096 / sizeof(float);
        constexpr std::size_t kAtOnce = 64;
        const auto zero = [&](std::size_t first, std::size_t count) {
            std::uint32_t bits = 0;
            for (const float value : values.subspan(first, count)) bits |= std::bit_cast<std::uint32_t>(value);
            return bits == 0;
        };
        std::size_t end = values.size();
        while (end >= kAtOnce && zero(end - kAtOnce, kAtOnce)) end -= kAtOnce;
        while (end != 0 && zero(end - 1, 1)) --end;
        return values.size() - end < kWorthwhile ? values.size() : end;
    }

    SeekableSink& out_;
    std::vector<std::uint64_t> shape_;
    std::uint64_t data_ = 0, at_ = 0;  // where the numbers begin, and where the sink stands
    std::vector<float> swapped_;
};

}  // namespace

std::unique_ptr<NumberStream> stream_npy(const StreamPlan& plan, SeekableSink& out) {
    return std::make_unique<NpyStream>(plan, out);
}

}  // namespace attnx::view
