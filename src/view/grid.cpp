// Panels side by side.
#include <fmt/format.h>

#include <algorithm>

#include "attnx/view/terminal.h"
#include "brush.h"
#include "drawings.h"
#include "field.h"
#include "paint.h"
#include "people.h"

namespace attnx::view {
namespace {

constexpr std::size_t kGridIndent = 2, kPanelGap = 2, kWidestPanel = 32;

class GridDrawing {
public:
    GridDrawing(const Grid& grid, const Surface& surface)
        : grid_(grid), surface_(surface), brush_(surface, grid.shading.tint), cell_(brush_.halves() ? 1 : 2) {
        for (std::uint64_t row = 0; row < grid.panels.size * grid.rows.size; ++row) extremes_.take(grid.values(row));
        const std::size_t width = drawing_width(surface), room = width > kGridIndent + 2 ? width - kGridIndent : 2;
        const std::size_t widest = std::min(room, kWidestPanel) / cell_;
        pool_ = (grid.columns.size + widest - 1) / widest;
        columns_ = cell_ * ((grid.columns.size + pool_ - 1) / pool_);
        std::size_t label = 0;
        for (std::uint64_t i = 0; i < grid.panels.size; ++i) label = std::max(label, display_width(name(i)));
        panel_ = std::max(columns_, std::min(label, room));
        at_once_ = std::max<std::size_t>(1, (room + kPanelGap) / (panel_ + kPanelGap));
    }

    void draw(Sink& out) const {
        for (std::uint64_t first = 0; first < grid_.panels.size; first += at_once_) {
            if (first > 0) out.write("\n");
            band(first, std::min<std::uint64_t>(first + at_once_, grid_.panels.size), out);
        }
        std::string text = fmt::format("rows: {}, columns: {}", grid_.rows.name, grid_.columns.name);
        if (extremes_.any_blank() && !grid_.shading.blank.empty()) text += "; blank: " + grid_.shading.blank;
        if (pool_ > 1) text += fmt::format("; pooled {0}x{0}, the largest of each", pool_);
        out.write("\n" + legend(brush_, grid_.shading, extremes_.range(grid_.shading), text, surface_));
    }

private:
    const Grid& grid_;
    const Surface& surface_;
    Brush brush_;
    Extremes extremes_;
    std::size_t cell_, columns_ = 0, panel_ = 0, at_once_ = 1;
    std::uint64_t pool_ = 1;

    std::string name(std::uint64_t panel) const {
        const std::string label = people_text(label_of(grid_.panels, panel), Unit::id, surface_);
        return grid_.panels.name.empty() ? label : safe_text(grid_.panels.name, surface_) + " " + label;
    }

    void band(std::uint64_t first, std::uint64_t end, Sink& out) const {
        std::vector<Field> fields;
        Line names;
        names.blank(kGridIndent);
        for (std::uint64_t panel = first; panel < end; ++panel) {
            const std::string text = clip(name(panel), panel_, surface_.unicode ? "…" : "~");
            names.add(text);
            names.blank(panel_ - std::min(panel_, display_width(text)) + kPanelGap);
            fields.push_back(pooled(grid_.values, panel * grid_.rows.size, grid_.rows.size, grid_.columns.size,
                                    {pool_, pool_}, grid_.shading.tint));
            rescale(fields.back(), extremes_.range(grid_.shading), grid_.shading);
        }
        out.write(names.end());
        for (std::uint64_t row = 0; row < fields.front().rows; row += brush_.halves() ? 2 : 1) {
            Line line;
            line.blank(kGridIndent);
            for (const Field& field : fields) {
                for (std::uint64_t column = 0; column < field.columns; ++column) {
                    const double upper = static_cast<double>(field.at(row, column));
                    if (brush_.halves()) brush_.halves(line, upper, static_cast<double>(field.at(row + 1, column)));
                    else brush_.cell(line, upper, cell_);
                }
                line.blank(panel_ - columns_ + kPanelGap);
            }
            out.write(line.end());
        }
    }
};

}  // namespace

void draw(const Grid& grid, const Surface& surface, Sink& out) {
    if (!grid.title.empty()) out.write(paint(safe_text(grid.title, surface), Ink::title, surface) + "\n");
    if (grid.panels.size == 0 || grid.rows.size == 0 || grid.columns.size == 0) return out.write("  nothing to draw\n");
    GridDrawing(grid, surface).draw(out);
}

}  // namespace attnx::view
