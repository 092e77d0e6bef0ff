// NumPy's .npy files (numpy.lib.format, version 1.0): little-endian float32, C order, whatever this machine's byte
// order. Where many numbers in a row are 0, masked keys for example, the file has a hole: it is read as zeros, and
// takes no place.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "attnx/view/stream.h"

namespace attnx::view {
namespace {

constexpr std::uint64_t kPage = 4096;            // of memory and of most file systems
constexpr std::uint64_t kFewBytes = 64 * kPage;  // of which holes would not matter

// Padded to a multiple of `alignment`, itself one of 64.
std::string npy_header(std::span<const std::uint64_t> shape, std::size_t alignment) {
    constexpr std::size_t kPrefix = 10;  // magic, version, length word
    std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    const std::size_t total = (kPrefix + text.size() + 1 + alignment - 1) / alignment * alignment;
    text.append(total - kPrefix - text.size() - 1, ' ');
    text += '\n';
    std::string header = "\x93NUMPY";
    header += '\x01';
    header += '\0';
    header += static_cast<char>(text.size() & 0xff);
    header += static_cast<char>(text.size() >> 8U);
    return header + text;
}

bool zeros(std::string_view bytes) {
    return bytes.front() == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

class NpyStream final : public NumberStream {
public:
    NpyStream(const StreamPlan& plan, SeekableSink& out) : out_(out) {
        std::uint64_t bytes = sizeof(float);
        for (const Axis& axis : plan.axes) bytes *= shape_.emplace_back(axis.size);
        const std::string header = npy_header(shape_, bytes < kFewBytes ? 64 : kPage);
        out_.write(header);
        data_ = header.size();
        out_.extend_to(data_ + bytes);
    }

    void write(std::span<const std::uint64_t> place, std::span<const std::uint64_t>, RowValues values) override {
        std::uint64_t run = 0;
        for (std::size_t i = 0; i < place.size(); ++i) run = run * shape_[i] + place[i];
        if constexpr (std::endian::native == std::endian::big) {
            swapped_.assign(values.begin(), values.end());
            for (float& value : swapped_)
                value = std::bit_cast<float>(__builtin_bswap32(std::bit_cast<std::uint32_t>(value)));
            values = swapped_;
        }
        put(data_ + run * shape_.back() * sizeof(float),
            {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
    }

private:
    // All but whole pages of zeros.
    void put(std::uint64_t offset, std::string_view bytes) {
        std::size_t first = 0, at = 0;
        const auto until = [&](std::size_t end) {
            if (first == end) return;
            out_.seek(offset + first);
            out_.write(bytes.substr(first, end - first));
        };
        while (at < bytes.size()) {
            const std::size_t size = std::min<std::uint64_t>(kPage - (offset + at) % kPage, bytes.size() - at);
            if (size == kPage && zeros(bytes.substr(at, size))) {
                until(at);
                first = at + size;
            }
            at += size;
        }
        until(at);
    }

    SeekableSink& out_;
    std::vector<std::uint64_t> shape_;
    std::uint64_t data_ = 0;  // where the numbers begin
    std::vector<float> swapped_;
};

}  // namespace

std::unique_ptr<NumberStream> stream_npy(const StreamPlan& plan, SeekableSink& out) {
    return std::make_unique<NpyStream>(plan, out);
}

}  // namespace attnx::view
