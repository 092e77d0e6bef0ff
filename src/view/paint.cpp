#include "paint.h"

#include <fmt/format.h>

#include <array>

#include "attnx/view/terminal.h"

namespace attnx::view {

std::string paint(std::string_view text, Ink ink, const Surface& surface) {
    constexpr std::array<std::string_view, 7> kCodes = {"", "1", "1", "2", "36", "33", "31"};
    if (!surface.colour || ink == Ink::plain || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(ink)], text);
}

Ink ink_of(Severity severity) {
    switch (severity) {
        case Severity::info: return Ink::info;
        case Severity::warning: return Ink::warning;
        case Severity::error: return Ink::error;
    }
    return Ink::plain;
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines;
    std::string line;
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string_view word = text.substr(at, end - at);
        const std::size_t width = display_width(word);
        if (!line.empty() && used + 1 + width > columns) {
            lines.push_back(std::move(line));
            line.clear();
            used = 0;
        }
        if (!line.empty()) {
            line += ' ';
            ++used;
        }
        line += word;
        used += width;
        at = end + 1;
    }
    lines.push_back(std::move(line));
    return lines;
}

}  // namespace attnx::view
