// Series over one axis: a band of standing bars for each, so that they differ without colours.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attnx/view/terminal.h"
#include "axis.h"
#include "brush.h"
#include "drawings.h"
#include "glyphs.h"
#include "paint.h"
#include "people.h"

namespace attnx::view {
namespace {

constexpr int kBandLines = 3, kLevels = 8;
constexpr std::size_t kWidestPoint = 4, kCurveIndent = 2;

class CurvesDrawing {
public:
    CurvesDrawing(const Curves& curves, const Surface& surface) : curves_(curves), surface_(surface) {
        for (const Series& series : curves.series) {
            margin_ = std::max({margin_, display_width(safe_text(series.label, surface)), extent_text(series).size()});
            const Range range = range_of(series);
            bounds_ = std::max({bounds_, bound(range.low).size(), bound(range.high).size()});
        }
        const std::size_t before = left(), width = drawing_width(surface), room = width > before ? width - before : 1;
        pool_ = (curves.axis.size + room - 1) / room;
        const std::uint64_t points = (curves.axis.size + pool_ - 1) / pool_;
        columns_ = std::clamp<std::size_t>(room / points, 1, kWidestPoint);
    }

    void draw(Sink& out) const {
        for (std::size_t i = 0; i < curves_.series.size(); ++i) {
            if (i > 0) out.write("\n");
            band(i, out);
        }
        out.write(ticks(curves_.axis, left(), columns_, pool_));
        std::string words = safe_text(curves_.axis.name, surface_);
        if (pool_ > 1) words += fmt::format("; the largest of each {}", pool_);
        const bool fits = left() + display_width(words) <= drawing_width(surface_);
        const std::size_t indent = fits ? left() : kCurveIndent, width = drawing_width(surface_);
        for (const std::string& part : wrap(words, width > indent ? width - indent : 1))
            out.write(std::string(indent, ' ') + part + "\n");
    }

private:
    const Curves& curves_;
    const Surface& surface_;
    std::size_t margin_ = 0, bounds_ = 0, columns_ = 1;
    std::uint64_t pool_ = 1;

    std::size_t left() const { return kCurveIndent + margin_ + 2 + bounds_ + 2; }
    static std::string bound(double value) { return fmt::format("{:.3g}", value); }

    static Range extent(const Series& series) {
        Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
        for (const Cell& cell : series.values) {
            const double value = number_of(cell);
            if (!std::isfinite(value)) continue;
            range = {std::min(range.low, value), std::max(range.high, value)};
        }
        return range;
    }

    Range range_of(const Series& series) const {
        if (curves_.range) return *curves_.range;
        const Range range = extent(series);
        return range.low <= range.high ? range : Range{};
    }

    // "0.021 to 0.81"
    static std::string extent_text(const Series& series) {
        const Range range = extent(series);
        return range.low <= range.high ? fmt::format("{:.3g} to {:.3g}", range.low, range.high) : std::string();
    }

    // The largest of a pool; NaN where there is none.
    double value_at(const Series& series, std::uint64_t point) const {
        double largest = std::numeric_limits<double>::quiet_NaN();
        for (std::uint64_t i = point * pool_; i < std::min((point + 1) * pool_, curves_.axis.size); ++i) {
            const double value = number_of(series.values[i]);
            if (!std::isnan(value) && !(largest >= value)) largest = value;
        }
        return largest;
    }

    void band(std::size_t index, Sink& out) const {
        const Series& series = curves_.series[index];
        const Range range = range_of(series);
        for (int line = 0; line < kBandLines; ++line) {
            const bool top = line == 0, bottom = line == kBandLines - 1;
            const std::string words = top         ? safe_text(series.label, surface_)
                                      : line == 1 ? extent_text(series)
                                                  : std::string();
            const std::string number = top ? bound(range.high) : bottom ? bound(range.low) : std::string();
            const std::string_view rule = !surface_.unicode ? "|" : top || bottom ? "┤" : "│";
            Line text;
            text.add(fmt::format("{:{}}{}{}  {:>{}} {}", "", kCurveIndent,
                                 std::string(margin_ - display_width(words), ' '), words, number, bounds_, rule));
            if (surface_.depth == ColourDepth::ansi256 || surface_.depth == ColourDepth::truecolour)
                text.colour(sgr_colour(colour_of(series_colour(index), Tint::sequential), 38, surface_.depth));
            for (std::uint64_t point = 0; point * pool_ < curves_.axis.size; ++point)
                bar_piece(level(value_at(series, point), range) - kLevels * (kBandLines - 1 - line), text);
            out.write(text.end());
        }
    }

    // Away from the dark end, and from one another.
    double series_colour(std::size_t index) const {
        return 0.35 + 0.55 * (static_cast<double>(index) + 0.5) / static_cast<double>(curves_.series.size());
    }

    // Eighths of a line, all lines of the band together. What is more than the least shows.
    static int level(double value, Range range) {
        if (std::isnan(value) || !(range.high > range.low)) return std::isnan(value) ? -1 : 1;
        const double part = std::clamp((value - range.low) / (range.high - range.low), 0.0, 1.0);
        return std::max(part > 0 ? 1 : 0, static_cast<int>(std::lround(part * kLevels * kBandLines)));
    }

    void bar_piece(int level, Line& text) const {
        if (level <= 0) return text.blank(columns_);
        const std::size_t gap = columns_ > 2 ? 1 : 0;  // bars that stand apart, where there is room
        for (std::size_t i = gap; i < columns_; ++i) text.add(standing(level, surface_));
        text.blank(gap);
    }
};

}  // namespace

Table table_of(const Curves& curves) {
    Table table{.id = curves.id, .title = curves.title, .show = curves.show};
    table.columns.push_back({.id = curves.axis.id, .label = curves.axis.name, .unit = Unit::id});
    for (const Series& series : curves.series)
        table.columns.push_back({.id = series.id, .label = series.label, .unit = curves.unit});
    for (std::uint64_t i = 0; i < curves.axis.size; ++i) {
        std::vector<Cell>& row = table.rows.emplace_back();
        row.push_back(label_of(curves.axis, i));
        for (const Series& series : curves.series) row.push_back(series.values[i]);
    }
    return table;
}

void draw(const Curves& curves, const Surface& surface, Sink& out) {
    if (curves.axis.size == 0 || curves.series.empty()) return;
    if (!curves.title.empty()) out.write(paint(safe_text(curves.title, surface), Ink::title, surface) + "\n");
    CurvesDrawing(curves, surface).draw(out);
}

}  // namespace attnx::view
