#include "heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace attnx::report {
namespace {

struct Rgb {
    double r, g, b;
};
// Viridis (van der Walt and Smith 2015, CC0) at eighths; between them straight lines.
constexpr std::array<Rgb, 9> kViridis = {{{68, 1, 84},
                                          {71, 44, 122},
                                          {59, 81, 139},
                                          {44, 113, 142},
                                          {33, 144, 141},
                                          {39, 173, 129},
                                          {92, 200, 99},
                                          {170, 220, 50},
                                          {253, 231, 37}}};

Rgb colour_at(double part) {
    const double place = std::clamp(part, 0.0, 1.0) * (kViridis.size() - 1);
    const auto low = std::min<std::size_t>(static_cast<std::size_t>(place), kViridis.size() - 2);
    const double rest = place - static_cast<double>(low);
    const Rgb &a = kViridis[low], &b = kViridis[low + 1];
    return {a.r + rest * (b.r - a.r), a.g + rest * (b.g - a.g), a.b + rest * (b.b - a.b)};
}

// Background colour of a cell, and how it ends.
std::string cell(double part, const view::Surface& surface) {
    using enum view::ColourDepth;
    const auto step = [part](double steps) {
        return static_cast<std::size_t>(std::min(steps - 1, std::clamp(part, 0.0, 1.0) * steps));
    };
    if (surface.depth == truecolour || surface.depth == ansi256) {
        const Rgb c = colour_at(part);
        if (surface.depth == truecolour) return fmt::format("\x1b[48;2;{:.0f};{:.0f};{:.0f}m  ", c.r, c.g, c.b);
        const auto level = [](double value) { return static_cast<int>(value / 255 * 5 + 0.5); };
        return fmt::format("\x1b[48;5;{}m  ", 16 + 36 * level(c.r) + 6 * level(c.g) + level(c.b));
    }
    if (!surface.unicode) return fmt::format(" {}", step(10));
    constexpr std::array<std::string_view, 5> kShades = {"  ", "░░", "▒▒", "▓▓", "██"};
    return std::string(kShades[step(5)]);
}

bool uses_background(const view::Surface& surface) {
    return surface.depth == view::ColourDepth::truecolour || surface.depth == view::ColourDepth::ansi256;
}

// Every fifth column by its number.
std::string ticks(std::size_t columns) {
    std::string line(2 * columns + 2, ' ');
    for (std::size_t i = 0; i < columns; i += 5) line.replace(2 * i, std::to_string(i).size(), std::to_string(i));
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

std::string draw(const HeatMap& map, const view::Surface& surface) {
    std::optional<double> least, most;
    std::size_t columns = 0, margin = 0;
    for (std::size_t i = 0; i < map.rows.size(); ++i) {
        columns = std::max(columns, map.rows[i].size());
        margin = std::max(margin, map.row_labels[i].size());
        for (const auto& value : map.rows[i]) {
            if (!value) continue;
            least = std::min(least.value_or(*value), *value);
            most = std::max(most.value_or(*value), *value);
        }
    }
    if (!least) return "  nothing to draw\n";
    const std::string reset = uses_background(surface) ? "\x1b[0m" : "";
    const double range = *most - *least;
    std::string text = fmt::format("  {:>{}}  {}\n", "", margin, ticks(columns));
    for (std::size_t i = 0; i < map.rows.size(); ++i) {
        text += fmt::format("  {:>{}}  ", map.row_labels[i], margin);
        bool coloured = false;
        for (const auto& value : map.rows[i]) {
            if (!value && coloured) text += reset;
            text +=
                value ? cell(range > 0 ? (*value - *least) / range : 0.5, surface) : (surface.unicode ? " ·" : " .");
            coloured = value.has_value();
        }
        text += coloured ? reset + "\n" : "\n";
    }
    text += fmt::format("\n  {:>{}}  {:.4g} ", "", margin, *least);
    constexpr int kSteps = 10;
    for (int i = 0; i < kSteps; ++i) text += cell((i + 0.5) / kSteps, surface);
    return text + fmt::format("{} {:.4g}   rows: {}, columns: {}\n", reset, *most, map.row_axis, map.column_axis);
}

}  // namespace attnx::report
