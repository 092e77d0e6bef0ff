// A network with its nodes along one line: ties to what came before are arcs above it, others below.
#include <fmt/format.h>

#include <cmath>

#include "key.h"
#include "labels.h"
#include "ties.h"

namespace attnx::view {
namespace {

constexpr double kArcsWidth = 860, kWidestNode = 56, kHighest = 300;

// From its middle: as high as its ends are apart, as far as there is room.
double height_of(double apart, double longest) { return apart * std::min(0.62, kHighest / std::max(longest, 1.0)); }

}  // namespace

void draw(const Network& network, Easel& easel) {
    const Axis axis = axis_of(network);
    const Ties ties = ties_of(network);
    const Fit nodes = fit(axis.size, kArcsWidth, kWidestNode, 0.25);
    const auto x = [&](std::uint64_t node) { return (static_cast<double>(node) + 0.5) * nodes.cell; };
    double back = 0, ahead = 0;  // the longest of each side
    for (const Tie& tie : ties.ties) {
        const double apart = std::fabs(x(tie.source) - x(tie.target));
        (tie.source >= tie.target ? back : ahead) = std::max(tie.source >= tie.target ? back : ahead, apart);
    }
    const double longest = std::max(back, ahead);
    const AxisLabels labels(axis, nodes);
    const bool loops = nodes.cell >= 6;  // else they are no more than a stain
    const double widest = widest_tie(nodes.cell);
    const double loop = std::clamp(nodes.cell * 0.7, 4.0, 16.0);
    const double line = std::max(height_of(back, longest) * 0.75, loop) + 8,
                 gap = ahead > 0 ? height_of(ahead, longest) * 0.75 + 8 : 0;
    for (const Tie& tie : ties.ties) {
        const double from = x(tie.source), to = x(tie.target), apart = std::fabs(from - to);
        const double up = tie.source >= tie.target ? -1 : 1;
        std::vector<Point> points = {{from, line},
                                     {from, line + up * height_of(apart, longest)},
                                     {to, line + up * height_of(apart, longest)},
                                     {to, line}};
        if (tie.source == tie.target && !loops) continue;
        if (tie.source == tie.target)
            points = {{from, line}, {from - loop, line - loop * 1.3}, {from + loop, line - loop * 1.3}, {from, line}};
        easel.add(tie_stroke(std::move(points), ties.part(tie), widest, easel, true));
    }
    for (std::uint64_t node = 0; node < axis.size; ++node)
        easel.add(Disc{{x(node), line}, std::min(3.0, nodes.cell / 4), easel.inks.ink});
    labels.draw_below(easel, {0, line + gap + 4});
    const double bottom = line + gap + labels.above() + 8;
    easel.reach(std::max(nodes.extent(), 420.0), bottom);
    std::string words = ahead > 0
                            ? "weight; arcs above lead from a query back to an earlier key, arcs below to a later one"
                            : "weight; arcs lead from a query back to the key that it attends to";
    if (!loops) words += "; not drawn: edges of a token to itself";
    draw_tie_key(easel, {0, bottom + 14}, ties, widest, words);
}

}  // namespace attnx::view
