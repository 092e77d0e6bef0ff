// Matrices side by side, on one scale.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "../../axis.h"
#include "../../people.h"
#include "key.h"
#include "labels.h"

namespace attnx::view {
namespace {

constexpr double kPanelsWidth = 940, kPanelGap = 18, kPanelName = 18, kBracket = 18;
const Surface kPanelSurface;

class Panels {
public:
    Panels(const Grid& grid, Easel& easel) : grid_(grid), easel_(easel) {
        for (std::uint64_t row = 0; row < grid.panels.size * grid.rows.size; ++row) extremes_.take(grid.values(row));
        at_once_ = columns_of_panels();
        const double room = kPanelsWidth / static_cast<double>(at_once_) - kPanelGap;
        across_ = fit(grid.columns.size, std::clamp(room, 90.0, 240.0), 22, 1);
        down_ = fit(grid.rows.size, std::clamp(room, 90.0, 240.0), 22, 1);
        if (std::max(grid.rows.size, grid.columns.size) - std::min(grid.rows.size, grid.columns.size) <= 1)
            down_.cell = across_.cell;
    }

    void draw() {
        // Beside the first panel of each row, and above the first row: tokens where they fit, else numbers.
        const Axis rows = named(grid_.rows, down_), columns = named(grid_.columns, across_);
        const AxisLabels row_labels(rows, down_), column_labels(columns, across_);
        const double left = std::ceil(row_labels.beside());
        double top = std::ceil(column_labels.above()) + kPanelName;
        for (std::uint64_t panel = 0; panel < grid_.panels.size; ++panel) {
            const std::uint64_t place = panel % at_once_;
            if (place == 0 && panel > 0) top += step_down();
            const double above = brackets() ? kBracket : 0;
            const Point at{left + static_cast<double>(place) * (across_.extent() + kPanelGap), top + above};
            if (place == 0 && brackets()) draw_brackets(panel, at);
            draw_panel(panel, at);
            if (place == 0) row_labels.draw_beside(easel_, at);
            if (panel < at_once_) {
                const double room = kPanelName + above;
                column_labels.draw_above(easel_, {at.x, at.y - room + 4});
            }
        }
        draw_key(easel_, {left, easel_.height + 16}, grid_.shading, extremes_.range(grid_.shading),
                 extremes_.any_blank(), field_words(grid_.rows, grid_.columns, {down_.pool, across_.pool}));
    }

private:
    const Grid& grid_;
    Easel& easel_;
    Extremes extremes_;
    Fit across_, down_;
    std::uint64_t at_once_ = 1;

    static Axis named(const Axis& axis, const Fit& fit) {
        Axis named = axis;
        if (fit.cell < 9) named.labels.clear();
        return named;
    }
    bool brackets() const { return !grid_.panels.groups.empty(); }
    double step_down() const { return down_.extent() + kPanelName + kPanelGap / 2 + (brackets() ? kBracket : 0); }

    // About one and a half times as many across as down, the last row full; groups are not torn apart where they fit.
    std::uint64_t columns_of_panels() const {
        constexpr std::uint64_t kMostAcross = 8;
        std::uint64_t group = 1;
        if (brackets())
            while (group < grid_.panels.size && grid_.panels.groups[group] == grid_.panels.groups.front()) ++group;
        if (group > kMostAcross) group = 1;
        const auto count = static_cast<double>(grid_.panels.size);
        const double ideal = std::clamp(std::sqrt(count * 1.5), 1.0, static_cast<double>(kMostAcross));
        std::uint64_t best = group;
        double least = std::numeric_limits<double>::infinity();
        for (std::uint64_t across = group; across <= std::min(kMostAcross, std::max(group, grid_.panels.size));
             across += group) {
            const auto wide = static_cast<double>(across);
            const double empty = std::ceil(count / wide) * wide - count;
            const double cost = empty / count + std::fabs(wide - ideal) / ideal;
            if (cost < least) best = across, least = cost;
        }
        return best;
    }

    std::string name(std::uint64_t panel) const {
        const Cell label = label_of(grid_.panels, panel);
        const std::string text = people_text(label, Unit::id, kPanelSurface);
        return grid_.panels.name.empty() || !is_number(label) ? text : grid_.panels.name + " " + text;
    }

    void draw_brackets(std::uint64_t first, Point at) {
        const std::vector<std::uint64_t>& groups = grid_.panels.groups;
        const std::uint64_t end_of_row = std::min(first + at_once_, grid_.panels.size);
        const auto x = [&](std::uint64_t panel) {
            return at.x + static_cast<double>(panel - first) * (across_.extent() + kPanelGap);
        };
        for (std::uint64_t from = first, end = first; from < end_of_row; from = end) {
            while (end < end_of_row && groups[end] == groups[from]) ++end;
            draw_bracket(easel_, x(from), x(end) - kPanelGap, at.y - kPanelName - 1,
                         fmt::format("{} {}", grid_.panels.group_name, groups[from]));
        }
    }

    void draw_panel(std::uint64_t panel, Point at) {
        Field parts = pooled(grid_.values, panel * grid_.rows.size, grid_.rows.size, grid_.columns.size,
                             {down_.pool, across_.pool}, grid_.shading.tint);
        rescale(parts, extremes_.range(grid_.shading), grid_.shading);
        Cells cells{at,         across_.cell,
                    down_.cell, static_cast<std::uint32_t>(across_.cells),
                    {},         easel_.colours(grid_.shading.tint)};
        for (const float part : parts.values) cells.codes.push_back(Easel::code(part, grid_.shading.tint));
        easel_.add(Box{at, across_.extent(), down_.extent(), easel_.inks.masked, true});
        easel_.add(std::move(cells));
        const auto columns = static_cast<std::size_t>((across_.extent() + kPanelGap) / (10.5 * kAdvance));
        easel_.add(Label{{at.x, at.y - 5}, clip(name(panel), columns, "…"), easel_.inks.ink, 10.5});
        easel_.reach(at.x + across_.extent(), at.y + down_.extent());
    }
};

}  // namespace

void draw(const Grid& grid, Easel& easel) { Panels(grid, easel).draw(); }

}  // namespace attnx::view
