#include "ties.h"

#include <fmt/format.h>

#include "key.h"

namespace attnx::view {
namespace {

constexpr std::size_t kMostTies = 1500;

}  // namespace

Ties ties_of(const Network& network) {
    Ties result;
    for (const auto& edge : network.edges.rows) result.ties.push_back(tie_of(edge));
    std::ranges::stable_sort(result.ties, std::ranges::less{}, &Tie::weight);
    if (result.ties.size() > kMostTies) {
        result.left_out = result.ties.size() - kMostTies;
        result.ties.erase(result.ties.begin(), result.ties.begin() + static_cast<std::ptrdiff_t>(result.left_out));
    }
    if (!result.ties.empty()) result.most = std::max(0.0, result.ties.back().weight);
    return result;
}

Axis axis_of(const Network& network) {
    Axis axis{.name = "tokens", .size = network.nodes.rows.size()};
    bool named = false;  // otherwise than by their numbers
    for (std::uint64_t node = 0; node < axis.size; ++node) {
        axis.labels.push_back(network.nodes.rows[node][1]);
        named = named || plain_label(network, node) != std::to_string(node);
    }
    if (!named) axis.labels.clear();
    return axis;
}

double widest_tie(double apart) { return std::clamp(apart * 0.4, 0.9, 3.4); }

Stroke tie_stroke(std::vector<Point> points, double part, double widest, const Easel& easel, bool curved) {
    return {std::move(points), easel.inks.accent, 0.4 + (widest - 0.4) * part, 0.15 + 0.8 * part, curved};
}

void draw_tie_key(Easel& easel, Point at, const Ties& ties, double widest, const std::string& words) {
    double x = at.x;
    for (const double part : {0.25, 0.5, 1.0}) {
        easel.add(tie_stroke({{x, at.y}, {x + 30, at.y}}, part, widest, easel, false));
        const std::string text = fmt::format("{:.2g}", part * ties.most);
        easel.add(Label{{x + 35, at.y + 3.5}, text, easel.inks.ink, 10});
        x += 35 + text_width(text, 10) + 14;
    }
    easel.reach(x, at.y);
    std::string all = words;
    if (ties.left_out > 0)
        all += fmt::format("; the strongest {} of {} edges", ties.ties.size(), ties.ties.size() + ties.left_out);
    const double end = draw_words(easel, {at.x, at.y + 22}, easel.width - at.x, all, 10, easel.inks.soft);
    easel.reach(0, end - 10);
}

}  // namespace attnx::view
