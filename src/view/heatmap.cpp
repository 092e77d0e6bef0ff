#include "heatmap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "palette.h"
#include "people.h"

namespace attnx::view {
namespace {

constexpr std::uint32_t kLabelColumns = 12, kIndexColumns = 5, kUsualColumns = 100, kMostLabelledRows = 40;
constexpr std::array<std::string_view, 5> kBlocks = {" ", "░", "▒", "▓", "█"};
constexpr std::string_view kAscii = " .:-=+*#%@";
constexpr float kBlank = std::numeric_limits<float>::quiet_NaN();

// A matrix of rows x columns, possibly pooled.
struct Grid {
    std::uint32_t rows = 0, columns = 0;
    std::vector<float> values;
    float at(std::uint32_t row, std::uint32_t column) const {
        return row < rows && column < columns ? values[std::size_t{row} * columns + column] : kBlank;
    }
};

// The largest of each pool x pool square; a mean would make thin stripes vanish.
Grid pooled(const Heatmap& map, std::uint32_t pool) {
    const auto keys = static_cast<std::uint32_t>(map.labels.size());
    Grid grid{(map.rows + pool - 1) / pool, (keys + pool - 1) / pool, {}};
    grid.values.assign(std::size_t{grid.rows} * grid.columns, kBlank);
    for (std::uint32_t i = 0; i < map.rows; ++i)
        for (std::uint32_t j = 0; j < keys; ++j) {
            float& cell = grid.values[std::size_t{i / pool} * grid.columns + j / pool];
            const float value = map.values[std::size_t{i} * keys + j];
            if (!std::isnan(value) && !(cell >= value)) cell = value;
        }
    return grid;
}

std::string_view scale_name(Scale scale) {
    constexpr std::array<std::string_view, 4> kNames = {"linear", "square root", "logarithmic (4 decades)",
                                                        "each row by its maximum"};
    return kNames[static_cast<std::size_t>(scale)];
}

// Weights as [0, 1] on the chosen scale.
void rescale(Grid& grid, Scale scale) {
    for (std::uint32_t row = 0; row < grid.rows; ++row) {
        float* const values = grid.values.data() + std::size_t{row} * grid.columns;
        float largest = 0;
        for (std::uint32_t i = 0; i < grid.columns; ++i)
            if (values[i] > largest) largest = values[i];
        for (std::uint32_t i = 0; i < grid.columns; ++i) {
            float& v = values[i];
            if (std::isnan(v)) continue;
            if (scale == Scale::square_root) v = std::sqrt(v);
            if (scale == Scale::logarithmic) v = v <= 1e-4f ? 0.0f : 1.0f + std::log10(v) / 4.0f;
            if (scale == Scale::row_maximum) v = largest > 0 ? v / largest : 0.0f;
        }
    }
}

std::string_view shade(float value, bool unicode) {
    if (std::isnan(value)) return " ";
    const auto index = [&](std::size_t count) {
        return std::min(static_cast<std::size_t>(value * static_cast<float>(count)), count - 1);
    };
    return unicode ? kBlocks[index(kBlocks.size())] : kAscii.substr(index(kAscii.size()), 1);
}

// A line of coloured cells; escape sequences only where the colour changes.
class Line {
public:
    void colour(const std::string& sgr) {
        if (sgr == current_) return;
        text_ += "\x1b[0" + (sgr.empty() ? "" : ";" + sgr) + "m";
        current_ = sgr;
    }
    void add(std::string_view text) { text_ += text; }
    std::string end() {
        colour("");
        return std::move(text_) + "\n";
    }

private:
    std::string text_, current_;
};

class Painter {
public:
    Painter(const Heatmap& map, const Surface& surface)
        : map_(map),
          surface_(surface),
          coloured_(surface.depth == ColourDepth::ansi256 || surface.depth == ColourDepth::truecolour) {}

    std::string draw() const {
        const auto keys = static_cast<std::uint32_t>(map_.labels.size());
        const std::uint32_t space = surface_.width.value_or(kUsualColumns);
        const std::uint32_t margin = kIndexColumns + kLabelColumns + 1;
        const bool labelled = map_.rows <= kMostLabelledRows && margin + 2 * keys <= space;
        std::string text = map_.title.empty() ? "" : safe_text(map_.title, surface_) + "\n";
        if (labelled) return text + labelled_map(keys) + legend(1);
        const std::uint32_t columns =
            std::max<std::uint32_t>(space > kIndexColumns + 1 ? space - kIndexColumns - 1 : 1, 1);
        const std::uint32_t pool = (keys + columns - 1) / columns;
        Grid grid = pooled(map_, std::max(pool, 1u));
        rescale(grid, map_.scale);
        return text + dense_map(grid, std::max(pool, 1u)) + legend(std::max(pool, 1u));
    }

private:
    std::uint32_t first_query() const { return static_cast<std::uint32_t>(map_.labels.size()) - map_.rows; }

    std::string sgr(float value, int base) const {
        return std::isnan(value) ? "" : sgr_colour(viridis(value), base, surface_.depth);
    }

    std::string labelled_map(std::uint32_t keys) const {
        Grid grid = pooled(map_, 1);
        rescale(grid, map_.scale);
        std::string text = std::string(kIndexColumns + kLabelColumns + 1, ' ');
        for (std::uint32_t j = 0; j < keys; j += 5) text += fmt::format("{:<10}", j);
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
        const std::string_view ellipsis = surface_.unicode ? "…" : "~";
        for (std::uint32_t i = 0; i < map_.rows; ++i) {
            const std::uint32_t query = first_query() + i;
            const std::string label = clip(safe_text(map_.labels[query], surface_), kLabelColumns, ellipsis);
            Line line;
            line.add(fmt::format(
                "{:>{}} {}{} ", query, kIndexColumns - 1,
                std::string(kLabelColumns - std::min<std::size_t>(kLabelColumns, display_width(label)), ' '), label));
            for (std::uint32_t j = 0; j < keys; ++j) {
                const float value = grid.at(i, j);
                if (coloured_) line.colour(sgr(value, 48));
                const std::string_view glyph = coloured_ ? " " : shade(value, surface_.unicode);
                line.add(std::string(glyph) + std::string(glyph));
            }
            text += coloured_ ? line.end() : trimmed(line.end());
        }
        return text;
    }

    static std::string trimmed(std::string line) {
        line.erase(line.find_last_not_of(" \n") + 1);
        const std::size_t escape = line.rfind("\x1b[0m");
        if (escape != std::string::npos) line.erase(escape, 4);
        return line + "\n";
    }

    std::string dense_map(const Grid& grid, std::uint32_t pool) const {
        const bool halves = coloured_ && surface_.unicode;
        const std::uint32_t step = halves ? 2 : 1;
        std::string text;
        for (std::uint32_t row = 0; row < grid.rows; row += step) {
            Line line;
            line.add(fmt::format("{:>{}} ", first_query() + row * pool, kIndexColumns));
            for (std::uint32_t column = 0; column < grid.columns; ++column) {
                const float upper = grid.at(row, column), lower = grid.at(row + 1, column);
                if (!coloured_) {
                    line.add(shade(upper, surface_.unicode));
                } else if (!halves) {
                    line.colour(sgr(upper, 48));
                    line.add(" ");
                } else if (std::isnan(upper)) {
                    line.colour(sgr(lower, 38));
                    line.add(std::isnan(lower) ? " " : "▄");
                } else {
                    line.colour(std::isnan(lower) ? sgr(upper, 38) : sgr(upper, 38) + ";" + sgr(lower, 48));
                    line.add("▀");
                }
            }
            text += coloured_ ? line.end() : trimmed(line.end());
        }
        return text;
    }

    std::string legend(std::uint32_t pool) const {
        constexpr int kSteps = 20;
        Line line;
        line.add("0 ");
        for (int i = 0; i < kSteps; ++i) {
            const float value = static_cast<float>(i) / (kSteps - 1);
            if (coloured_) line.colour(sgr(value, 48));
            line.add(coloured_ ? " " : shade(value, surface_.unicode));
        }
        if (coloured_) line.colour("");
        line.add(fmt::format(" 1  {}; rows = queries, columns = keys", scale_name(map_.scale)));
        if (pool > 1) line.add(fmt::format("; pooled {0}x{0}, maximum", pool));
        return coloured_ ? line.end() : trimmed(line.end());
    }

    const Heatmap& map_;
    const Surface& surface_;
    bool coloured_;
};

}  // namespace

std::string draw_heatmap(const Heatmap& map, const Surface& surface) { return Painter(map, surface).draw(); }

}  // namespace attnx::view
