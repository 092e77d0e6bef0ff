#include "bars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace attnx::report {

std::string bar(std::uint64_t value, std::uint64_t most, std::uint32_t columns, const view::Surface& surface) {
    if (value == 0 || most == 0) return {};
    const double length = static_cast<double>(value) / static_cast<double>(most) * columns;
    if (!surface.unicode)
        return std::string(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(length))), '#');
    constexpr std::array<std::string_view, 8> kParts = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto eighths = std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(length * 8)));
    std::string text;
    for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
    return text + std::string(kParts[eighths % 8]);
}

}  // namespace attnx::report
