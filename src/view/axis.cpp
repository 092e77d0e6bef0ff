#include "axis.h"

#include <algorithm>

#include "attnx/view/terminal.h"
#include "people.h"

namespace attnx::view {

bool has_words(const Axis& axis) {
    return std::any_of(axis.labels.begin(), axis.labels.end(), [](const Cell& label) { return !is_number(label); });
}

std::string place_number(const Axis& axis, std::uint64_t place) {
    const Cell label = has_words(axis) ? Cell(axis.first + place) : label_of(axis, place);
    return people_text(label, Unit::id, Surface{});
}

std::size_t number_width(const Axis& axis) {
    std::size_t width = 1;
    if (has_words(axis) || axis.labels.empty())
        return axis.size == 0 ? width : std::to_string(axis.first + axis.size - 1).size();
    for (std::uint64_t i = 0; i < axis.size; ++i) width = std::max(width, place_number(axis, i).size());
    return width;
}

std::string ticks(const Axis& axis, std::size_t margin, std::size_t columns, std::uint64_t pool) {
    const std::uint64_t cells = (axis.size + pool - 1) / pool;
    std::uint64_t step = 5;
    for (bool twice = true; step * columns < number_width(axis) + 2; twice = !twice) step *= twice ? 2 : 5;
    std::string line;
    for (std::uint64_t cell = 0; cell < cells; cell += step) {
        line.resize(margin + cell * columns, ' ');
        line += place_number(axis, cell * pool);
    }
    return line.empty() ? line : line + "\n";
}

}  // namespace attnx::view
