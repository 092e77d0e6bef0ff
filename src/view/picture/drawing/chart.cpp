// Series as lines over one axis; each ends in its name, and differs by dashes as well as by colour.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "../../people.h"
#include "attnx/base/text.h"
#include "key.h"
#include "labels.h"

namespace attnx::view {
namespace {

constexpr double kChartWidth = 600, kChartHeight = 260, kWidestStep = 110, kChartLeft = 48;
constexpr std::array<std::string_view, 4> kDashes = {"", "7 3", "2 3", "9 3 2 3"};

Range extent(const Curves& curves) {
    Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    for (const Series& series : curves.series)
        for (const Cell& cell : series.values) {
            const double value = number_of(cell);
            if (std::isfinite(value)) range = {std::min(range.low, value), std::max(range.high, value)};
        }
    return range.low <= range.high ? range : Range{0, 1};
}

// 1, 2 or 5 times a power of ten, so that there are four to eight of them.
double tick_step(double width) {
    const double power = std::pow(10, std::floor(std::log10(width)));
    for (const double times : {0.1, 0.2, 0.5, 1.0, 2.0})
        if (width / (power * times) <= 8) return power * times;
    return power;
}

class Chart {
public:
    Chart(const Curves& curves, Easel& easel) : curves_(curves), easel_(easel) {
        axis_ = fit(curves.axis.size, kChartWidth, kWidestStep, 0.5);
        range_ = curves.range.value_or(extent(curves));
        if (!curves.range) range_.low = std::min(range_.low, 0.0);
        if (!(range_.high > range_.low)) range_.high = range_.low + 1;
        step_ = tick_step(range_.high - range_.low);
        if (!curves.range) range_.high = std::ceil(range_.high / step_) * step_;
    }

    void draw() {
        rules();
        const AxisLabels labels(curves_.axis, axis_);
        labels.draw_below(easel_, {kChartLeft, kTop + kChartHeight});
        const double bottom = kTop + kChartHeight + labels.above() + 6;
        std::string words = curves_.axis.name;
        if (axis_.pool > 1) words += fmt::format("; the largest of each {}", axis_.pool);
        easel_.add(Label{
            {kChartLeft + axis_.extent(), bottom + 10}, printable(words) + " →", easel_.inks.soft, 10.5, Anchor::end});
        for (std::size_t i = 0; i < curves_.series.size(); ++i) series(i);
        easel_.reach(kChartLeft + axis_.extent(), bottom + 14);
        key(bottom + 34);
    }

private:
    static constexpr double kTop = 10;
    const Curves& curves_;
    Easel& easel_;
    Fit axis_;
    Range range_;
    double step_ = 1;

    double y(double value) const {
        return kTop + kChartHeight * (1 - (value - range_.low) / (range_.high - range_.low));
    }
    double x(std::uint64_t point) const { return kChartLeft + (static_cast<double>(point) + 0.5) * axis_.cell; }

    void rules() {
        for (double value = std::ceil(range_.low / step_) * step_; value <= range_.high + step_ / 1000;
             value += step_) {
            easel_.line({kChartLeft, y(value)}, {kChartLeft + axis_.extent(), y(value)}, easel_.inks.rule);
            const double shown = std::fabs(value) < step_ / 1000 ? 0 : value;
            easel_.add(Label{
                {kChartLeft - 6, y(value) + 3.5}, fmt::format("{:.6g}", shown), easel_.inks.soft, 10, Anchor::end});
        }
    }

    // The largest of a pool; not a number where there is none.
    double value_at(const Series& series, std::uint64_t point) const {
        double largest = std::numeric_limits<double>::quiet_NaN();
        for (std::uint64_t i = point * axis_.pool; i < std::min((point + 1) * axis_.pool, curves_.axis.size); ++i)
            largest = std::fmax(largest, number_of(series.values[i]));
        return largest;
    }

    Rgb ink(std::size_t index) const { return easel_.inks.series[index % easel_.inks.series.size()]; }

    void series(std::size_t index) {
        std::vector<Point> run;
        const auto end_run = [&] {
            if (run.size() > 1) easel_.add(Stroke{run, ink(index), 2, 1, false, std::string(kDashes[index % 4])});
            run.clear();
        };
        for (std::uint64_t point = 0; point < axis_.cells; ++point) {
            const double value = value_at(curves_.series[index], point);
            if (!std::isfinite(value)) {
                end_run();
                continue;
            }
            run.push_back({x(point), y(std::clamp(value, range_.low, range_.high))});
            if (axis_.cell >= 8) easel_.add(Disc{run.back(), 2.6, ink(index)});
        }
        end_run();
    }

    void key(double at) {
        double x = kChartLeft;
        for (std::size_t i = 0; i < curves_.series.size(); ++i) {
            const std::string name = printable(curves_.series[i].label);
            const double width = 34 + text_width(name, 11) + 18;
            if (x > kChartLeft && x + width > std::max(easel_.width, 420.0)) x = kChartLeft, at += 18;
            easel_.add(Stroke{{{x, at - 4}, {x + 28, at - 4}}, ink(i), 2, 1, false, std::string(kDashes[i % 4])});
            easel_.add(Label{{x + 34, at}, name, easel_.inks.ink, 11});
            x += width;
            easel_.reach(x - 18, at + 4);
        }
    }
};

}  // namespace

void draw(const Curves& curves, Easel& easel) { Chart(curves, easel).draw(); }

}  // namespace attnx::view
