// Tokens in two columns, with lines from what attends to what is attended to.
#include "labels.h"
#include "ties.h"

namespace attnx::view {
namespace {

constexpr double kColumnHeight = 1200, kHighestRow = 22, kBetween = 280, kHead = 24;

}  // namespace

void draw(const TokenLines& lines, Easel& easel) {
    const Axis axis = axis_of(lines.network);
    const Ties ties = ties_of(lines.network);
    const Fit rows = fit(axis.size, kColumnHeight, kHighestRow, 0.5);
    const AxisLabels labels(axis, rows);
    const double left = labels.beside(), right = left + kBetween;
    const double widest = widest_tie(rows.cell);
    const auto y = [&](std::uint64_t node) {
        const std::uint64_t row = node / rows.pool;
        return kHead + (static_cast<double>(row) + 0.5) * rows.cell;
    };
    for (const Tie& tie : ties.ties) {
        const Point from{left + 2, y(tie.source)}, to{right - 2, y(tie.target)};
        const double bend = kBetween * 0.4;
        easel.add(
            tie_stroke({from, {from.x + bend, from.y}, {to.x - bend, to.y}, to}, ties.part(tie), widest, easel, true));
    }
    labels.draw_beside(easel, {left, kHead});
    labels.draw_after(easel, {right, kHead});
    easel.add(Label{{left - 5, kHead - 10}, "queries", easel.inks.soft, 10.5, Anchor::end});
    easel.add(Label{{right + 5, kHead - 10}, "keys", easel.inks.soft, 10.5});
    easel.reach(right + labels.beside(), kHead + rows.extent());
    easel.reach(420, 0);
    draw_tie_key(easel, {0, kHead + rows.extent() + 22}, ties, widest,
                 "weight; lines lead from a query on the left to the key on the right that it attends to");
}

}  // namespace attnx::view
