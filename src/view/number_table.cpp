#include "number_table.h"

#include <algorithm>

#include "people.h"
#include "sheet.h"

namespace attnx::view {
namespace {

constexpr std::uint64_t kColumnsAsTheyAre = 16, kPerLine = 8;

// Of the outer dimensions those that matter: the one next to the runs, and whatever has several places.
std::vector<std::size_t> led_by(const std::vector<Axis>& axes) {
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i + 1 < axes.size(); ++i)
        if (i + 2 == axes.size() || axes[i].size > 1) shown.push_back(i);
    return shown;
}

}  // namespace

Table table_of(const Numbers& numbers) {
    const std::vector<Axis> axes = axes_of(numbers);
    Table table{.show = numbers.show};
    if (axes.empty()) return table;
    const Axis& run = axes.back();
    const bool whole = run.size <= kColumnsAsTheyAre;
    const std::uint64_t step = std::max<std::uint64_t>(1, whole ? run.size : kPerLine);
    const std::vector<std::size_t> shown = led_by(axes);
    for (const std::size_t axis : shown) table.columns.push_back({.label = axes[axis].name, .unit = Unit::id});
    if (!whole) table.columns.push_back({.label = run.name, .unit = Unit::id});
    for (std::uint64_t i = 0; i < step; ++i)
        table.columns.push_back({.label = whole ? std::to_string(run.first + i) : "+" + std::to_string(i),
                                 .unit = Unit::real,
                                 .align = Align::right});
    std::uint64_t runs = run.size > 0 ? 1 : 0;
    for (std::size_t i = 0; i + 1 < axes.size(); ++i) runs *= axes[i].size;
    for (std::uint64_t r = 0; r < runs; ++r) {
        std::vector<Cell> places;
        std::uint64_t rest = r, inner = runs;
        for (std::size_t i = 0, next = 0; i + 1 < axes.size(); ++i) {
            inner /= axes[i].size;
            if (next < shown.size() && shown[next] == i) {
                places.push_back(label_of(axes[i], rest / inner));
                ++next;
            }
            rest %= inner;
        }
        const RowValues values = numbers.rows(r);
        for (std::uint64_t at = 0; at < values.size(); at += step) {
            std::vector<Cell>& row = table.rows.emplace_back(places);
            if (!whole) row.emplace_back(run.first + at);
            for (const float value : values.subspan(at, std::min<std::uint64_t>(step, values.size() - at)))
                row.emplace_back(static_cast<double>(value));
            row.resize(table.columns.size());
        }
    }
    return table;
}

}  // namespace attnx::view
