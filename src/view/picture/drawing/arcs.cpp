// A network with its nodes along one line: ties to what came before are arcs above it, others below.
#include <cmath>

#include "key.h"
#include "labels.h"
#include "ties.h"

namespace attnx::view {
namespace {

constexpr double kArcsWidth = 860, kWidestNode = 56, kHighest = 300;

// Where things lie: along x the nodes, along y the line that they stand on.
class Arcs {
public:
    Arcs(const Network& network, Easel& easel)
        : axis_(axis_of(network)),
          ties_(ties_of(network)),
          nodes_(fit(axis_.size, kArcsWidth, kWidestNode, 0.25)),
          loop_(std::clamp(nodes_.cell * 0.7, 4.0, 16.0)),
          easel_(easel) {
        double back = 0;
        for (const Tie& tie : ties_.ties) {
            double& longest = leads_back(tie) ? back : ahead_;
            longest = std::max(longest, std::fabs(x(tie.source) - x(tie.target)));
        }
        longest_ = std::max({back, ahead_, 1.0});
        line_ = std::max(height_of(back) * 0.75, loop_) + 8;
    }

    void draw() {
        const double widest = widest_tie(nodes_.cell);
        for (const Tie& tie : ties_.ties)
            if (tie.source != tie.target || loops())
                easel_.add(tie_stroke(points_of(tie), ties_.part(tie), widest, easel_, true));
        for (std::uint64_t node = 0; node < axis_.size; node += nodes_.pool)
            easel_.add(Disc{{x(node), line_}, std::min(3.0, nodes_.cell / 4), easel_.inks.ink});
        const AxisLabels labels(axis_, nodes_);
        const double below = line_ + (ahead_ > 0 ? height_of(ahead_) * 0.75 + 8 : 0);
        labels.draw_below(easel_, {0, below + 4});
        const double bottom = below + labels.above() + 8;
        easel_.reach(std::max(nodes_.extent(), 420.0), bottom);
        draw_tie_key(easel_, {0, bottom + 14}, ties_, widest, words());
    }

private:
    const Axis axis_;
    const Ties ties_;
    const Fit nodes_;
    double loop_, line_ = 0, longest_ = 1, ahead_ = 0;  // the longest of all, and of those that lead ahead
    Easel& easel_;

    static bool leads_back(const Tie& tie) { return tie.source >= tie.target; }
    bool loops() const { return nodes_.cell >= 6; }  // else they are no more than a stain
    double x(std::uint64_t node) const {
        const std::uint64_t place = node / nodes_.pool;
        return (static_cast<double>(place) + 0.5) * nodes_.cell;
    }
    // As high as its ends are apart, as far as there is room.
    double height_of(double apart) const { return apart * std::min(0.62, kHighest / longest_); }

    std::vector<Point> points_of(const Tie& tie) const {
        const double from = x(tie.source), to = x(tie.target);
        if (tie.source == tie.target) {
            const double top = line_ - loop_ * 1.3;
            return {{from, line_}, {from - loop_, top}, {from + loop_, top}, {from, line_}};
        }
        const double height = height_of(std::fabs(from - to)), top = line_ + (leads_back(tie) ? -height : height);
        return {{from, line_}, {from, top}, {to, top}, {to, line_}};
    }

    std::string words() const {
        std::string words = ahead_ > 0 ? "weight; arcs above lead from a query back to an earlier key, arcs below to a "
                                         "later one"
                                       : "weight; arcs lead from a query back to the key that it attends to";
        if (!loops()) words += "; not drawn: edges of a token to itself";
        return words;
    }
};

}  // namespace

void draw(const Network& network, Easel& easel) { Arcs(network, easel).draw(); }

}  // namespace attnx::view
