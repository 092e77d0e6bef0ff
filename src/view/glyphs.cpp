#include "glyphs.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace attnx::view {
namespace {

// `of` pieces, so that the last of them is reached by 1 only for a part of its own size.
std::size_t step(double part, std::size_t of) {
    return std::min(static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(of)), of - 1);
}

}  // namespace

std::string bar(double part, std::size_t columns, const Surface& surface) {
    if (!(part > 0)) return {};
    const double length = std::min(part, 1.0) * static_cast<double>(columns);
    if (!surface.unicode)
        return std::string(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(length))), '#');
    constexpr std::array<std::string_view, 8> kParts = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto eighths = std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(length * 8)));
    std::string text;
    for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
    return text + std::string(kParts[eighths % 8]);
}

std::string signed_bar(double part, std::size_t columns, const Surface& surface) {
    const std::size_t side = columns / 2;
    const std::string_view line = surface.unicode ? "│" : "|", full = surface.unicode ? "█" : "#";
    std::string left(side, ' ');
    if (part < 0) {  // by whole columns: of parts of one that end at its right there is only the smallest
        const double length = std::min(-part, 1.0) * static_cast<double>(side);
        const bool slight = surface.unicode && length < 0.5;
        const std::size_t count = std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(length)));
        left.resize(side - count);
        for (std::size_t i = 0; i < count; ++i) left += slight ? "▕" : full;
    }
    return left + std::string(line) + bar(part, side, surface);
}

std::string_view standing(int level, const Surface& surface) {
    constexpr std::array<std::string_view, 9> kEighths = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr std::string_view kAscii = " ...::::#";
    const auto at = static_cast<std::size_t>(std::clamp(level, 0, 8));
    return surface.unicode ? kEighths[at] : kAscii.substr(at, 1);
}

std::string_view shade(double part, Tint tint, const Surface& surface) {
    constexpr std::array<std::string_view, 5> kBlocks = {"·", "░", "▒", "▓", "█"};
    constexpr std::string_view kAscii = ".:-=+*#%@";
    if (std::isnan(part)) return " ";
    if (tint == Tint::sequential)
        return surface.unicode ? kBlocks[step(part, kBlocks.size())] : kAscii.substr(step(part, kAscii.size()), 1);
    constexpr std::array<std::string_view, 4> kNegative = {"╌", "─", "═", "■"};
    constexpr std::string_view kLetters = "abcdefghi", kDigits = "123456789";
    const double size = std::min(std::fabs(part), 1.0);
    const std::size_t levels = surface.unicode ? kNegative.size() : kDigits.size();
    const auto level = static_cast<std::size_t>(std::lround(size * static_cast<double>(levels)));
    if (level == 0) return surface.unicode ? kBlocks[0] : kAscii.substr(0, 1);
    if (surface.unicode) return part < 0 ? kNegative[level - 1] : kBlocks[level];
    return (part < 0 ? kLetters : kDigits).substr(level - 1, 1);
}

std::vector<std::string> brackets(std::span<const std::string> groups, const Surface& surface) {
    const auto same = [&](std::size_t a, std::size_t b) { return b < groups.size() && groups[a] == groups[b]; };
    std::vector<std::string> texts;
    const bool any = std::adjacent_find(groups.begin(), groups.end()) != groups.end();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const bool before = i > 0 && same(i, i - 1), after = same(i, i + 1);
        if (before && after) texts.emplace_back(surface.unicode ? "│" : "|");
        else if (before) texts.emplace_back(surface.unicode ? "┘" : "/");
        else if (after) texts.push_back(groups[i] + (surface.unicode ? " ┐" : " \\"));
        else texts.push_back(groups[i] + (any ? "  " : ""));  // below the others' numbers
    }
    return texts;
}

}  // namespace attnx::view
