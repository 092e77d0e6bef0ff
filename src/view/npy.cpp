#include "attnx/view/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace attnx::view {

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

}  // namespace attnx::view
