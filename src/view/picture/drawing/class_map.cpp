// Things coloured by their classes; one that is of several has a stripe of each. Classes have numbers, too.
#include <fmt/format.h>

#include "attnx/base/text.h"
#include "key.h"
#include "labels.h"

namespace attnx::view {
namespace {

constexpr double kClassesWidth = 640, kClassesHeight = 700, kWidestClass = 44, kHighestClass = 26;

Rgb colour_of_class(const Easel& easel, std::size_t index) {
    return easel.inks.series[index % easel.inks.series.size()];
}

void draw_cell(Easel& easel, Point at, double width, double height, const std::vector<std::size_t>& classes) {
    const double stripe = width / static_cast<double>(classes.size());
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const Rgb fill = colour_of_class(easel, classes[i]);
        const double x = at.x + static_cast<double>(i) * stripe;
        easel.add(Box{{x, at.y}, stripe, height, fill});
        if (stripe >= 9 && height >= 12)
            easel.add(Label{{x + stripe / 2, at.y + height / 2 + 3.5},
                            std::to_string(classes[i] + 1),
                            ink_on(fill),
                            10,
                            Anchor::middle});
    }
}

// The classes there are, their numbers, names and meanings.
double draw_classes(Easel& easel, Point at, const ClassMap& map) {
    for (std::size_t i = 0; i < map.classes.size(); ++i, at.y += 19) {
        draw_cell(easel, at, 22, 14, {i});
        const std::string name = printable(map.classes[i].name);
        easel.add(Label{{at.x + 30, at.y + 11}, name, easel.inks.ink, 11, Anchor::start, false, true});
        const double after = at.x + 30 + 9 * 11 * 0.72;
        const std::string meaning = printable(map.classes[i].meaning);
        easel.add(Label{{after, at.y + 11}, meaning, easel.inks.soft, 11});
        easel.reach(after + text_width(meaning, 11), at.y + 14);
    }
    easel.add(Box{at, 22, 14, easel.inks.rule});
    easel.add(Label{{at.x + 30, at.y + 11}, "of no class", easel.inks.soft, 11});
    return at.y + 19;
}

}  // namespace

void draw(const ClassMap& map, Easel& easel) {
    const Fit across = fit(map.columns.size, kClassesWidth, kWidestClass, 4),
              down = fit(map.rows.size, kClassesHeight, kHighestClass, 4);
    const AxisLabels row_labels(map.rows, down), column_labels(map.columns, across);
    const Point corner = corner_of(map.rows, row_labels, map.columns, column_labels);
    for (std::size_t i = 0; i < map.cells.size(); ++i) {
        if (!map.cells[i]) continue;
        const std::size_t row = i / map.columns.size, column = i % map.columns.size;
        const Point at{corner.x + static_cast<double>(column) * across.cell,
                       corner.y + static_cast<double>(row) * down.cell};
        if (map.cells[i]->empty()) easel.add(Box{at, across.cell - 1, down.cell - 1, easel.inks.rule});
        else draw_cell(easel, at, across.cell - 1, down.cell - 1, *map.cells[i]);
    }
    draw_names(easel, map.rows, map.columns, corner);
    row_labels.draw_beside(easel, corner);
    column_labels.draw_above(easel, corner);
    easel.reach(corner.x + across.extent(), corner.y + down.extent());
    easel.reach(0, draw_classes(easel, {corner.x, corner.y + down.extent() + 16}, map));
}

}  // namespace attnx::view
