#include "labels.h"

#include <fmt/format.h>

#include <cmath>

#include "../../axis.h"
#include "../../people.h"
#include "attnx/base/text.h"

namespace attnx::view {
namespace {

constexpr double kGap = 5, kBracketRoom = 20, kNameSize = 10.5;
constexpr double kApart = 28;  // numbers of small cells
constexpr std::size_t kLongestWord = 16;
const Surface kLabelSurface;

// 1, 2, 5, 10, 20 …
std::uint64_t round_step(double at_least) {
    std::uint64_t step = 1;
    for (int i = 0; static_cast<double>(step) < at_least; ++i) step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

Rgb word_ink(const Easel& easel, bool marked) { return marked ? easel.inks.accent : easel.inks.ink; }

}  // namespace

Fit fit(std::uint64_t places, double room, double largest, double least) {
    Fit fit;
    const auto most = static_cast<std::uint64_t>(room / least);
    fit.pool = std::max<std::uint64_t>(1, (places + most - 1) / most);
    fit.cells = (places + fit.pool - 1) / fit.pool;
    // Halves of a pixel, so that cells of a picture at twice the size are all alike.
    fit.cell = std::clamp(std::floor(2 * room / static_cast<double>(fit.cells)) / 2, least, largest);
    return fit;
}

AxisLabels::AxisLabels(const Axis& axis, const Fit& fit) : axis_(axis), fit_(fit), words_(has_words(axis)) {
    mixed_ = words_ && std::ranges::any_of(axis.labels, is_number);
    size_ = fit.cell >= 13 ? 11 : 9;
    every_ = round_step((words_ || fit.cell >= 9 ? size_ + 1 : kApart) / fit.cell);
    for (std::uint64_t cell = 0; cell < fit.cells; cell += every_) {
        widest_word_ = std::max(widest_word_, text_width(text(cell).word, size_));
        widest_number_ = std::max(widest_number_, text_width(text(cell).number, size_));
    }
    level_ = !words_ || (every_ == 1 && std::max(widest_word_, widest_number_) + 4 <= fit.cell);
    every_number_ = std::max(round_step((widest_number_ + 4) / fit.cell), words_ ? 1 : every_);
}

AxisLabels::Text AxisLabels::text(std::uint64_t cell) const {
    const std::uint64_t place = cell * fit_.pool;
    Text text{.number = mixed_ ? std::string() : place_number(axis_, place),  // words among numbers have none
              .marked = axis_.marked_from && place >= *axis_.marked_from};
    if (words_) text.word = clip(people_text(axis_.labels[place], Unit::id, kLabelSurface), kLongestWord, "…");
    return text;
}

template <class Visit>
void AxisLabels::each(std::uint64_t every, const Visit& visit) const {
    for (std::uint64_t cell = 0; cell < fit_.cells; cell += every)
        visit(text(cell), (static_cast<double>(cell) + 0.5) * fit_.cell);
}

double AxisLabels::beside() const { return widest_word_ + widest_number_ + (words_ ? 2 * kGap : kGap) + 2; }
double AxisLabels::above() const {
    const double groups = grouped() ? kBracketRoom : 0;
    if (level_) return groups + (words_ ? 2 : 1) * (size_ + 3) + kGap;
    return groups + widest_word_ + widest_number_ + 2 * kGap + 2;
}

void AxisLabels::draw_beside(Easel& easel, Point corner) const {
    each(every_, [&](const Text& text, double middle) {
        const double y = corner.y + middle + size_ * 0.35;
        const double number_at = corner.x - kGap - (words_ ? widest_word_ + kGap : 0);
        easel.add(Label{{number_at, y}, text.number, easel.inks.soft, size_, Anchor::end, true});
        if (!text.word.empty())
            easel.add(Label{{corner.x - kGap, y}, text.word, word_ink(easel, text.marked), size_, Anchor::end, true});
    });
}

void AxisLabels::draw_after(Easel& easel, Point corner) const {
    each(every_, [&](const Text& text, double middle) {
        const double y = corner.y + middle + size_ * 0.35, after = corner.x + kGap + (words_ ? widest_word_ + kGap : 0);
        if (!text.word.empty())
            easel.add(Label{{corner.x + kGap, y}, text.word, word_ink(easel, text.marked), size_, Anchor::start, true});
        easel.add(Label{{after, y}, text.number, easel.inks.soft, size_, Anchor::start, true});
    });
}

void AxisLabels::draw_above(Easel& easel, Point corner) const {
    if (grouped()) draw_groups(easel, {corner.x, corner.y - above() + kBracketRoom - 4});
    if (level_) {
        each(words_ ? every_ : every_number_, [&](const Text& text, double middle) {
            const double x = corner.x + middle;
            if (!text.word.empty())
                easel.add(
                    Label{{x, corner.y - kGap}, text.word, word_ink(easel, text.marked), size_, Anchor::middle, true});
            const double up = words_ ? size_ + 3 : 0;
            easel.add(Label{{x, corner.y - kGap - up}, text.number, easel.inks.soft, size_, Anchor::middle, true});
        });
        return;
    }
    each(every_, [&](const Text& text, double middle) {
        const double x = corner.x + middle + size_ * 0.35;
        easel.add(Label{
            {x, corner.y - kGap}, text.word, word_ink(easel, text.marked), size_, Anchor::start, true, false, true});
        easel.add(Label{{x, corner.y - 2 * kGap - widest_word_},
                        text.number,
                        easel.inks.soft,
                        size_,
                        Anchor::start,
                        true,
                        false,
                        true});
    });
}

void AxisLabels::draw_below(Easel& easel, Point corner) const {
    if (level_) {
        each(words_ ? every_ : every_number_, [&](const Text& text, double middle) {
            const double x = corner.x + middle, y = corner.y + kGap + size_;
            easel.add(Label{
                {x, y}, words_ ? text.word : text.number, word_ink(easel, text.marked), size_, Anchor::middle, true});
            if (words_) easel.add(Label{{x, y + size_ + 3}, text.number, easel.inks.soft, size_, Anchor::middle, true});
        });
        return;
    }
    each(every_, [&](const Text& text, double middle) {
        const double x = corner.x + middle + size_ * 0.35;
        easel.add(Label{
            {x, corner.y + kGap}, text.word, word_ink(easel, text.marked), size_, Anchor::end, true, false, true});
        easel.add(Label{{x, corner.y + 2 * kGap + widest_word_},
                        text.number,
                        easel.inks.soft,
                        size_,
                        Anchor::end,
                        true,
                        false,
                        true});
    });
}

void AxisLabels::draw_groups(Easel& easel, Point corner) const {
    const std::vector<std::uint64_t>& groups = axis_.groups;
    for (std::uint64_t first = 0, end = 0; first < groups.size(); first = end) {
        while (end < groups.size() && groups[end] == groups[first]) ++end;
        const double per_place = fit_.cell / static_cast<double>(fit_.pool);
        draw_bracket(easel, corner.x + static_cast<double>(first) * per_place,
                     corner.x + static_cast<double>(end) * per_place, corner.y,
                     fmt::format("{} {}", axis_.group_name, groups[first]));
    }
}

Point corner_of(const Axis& rows, const AxisLabels& beside, const Axis& columns, const AxisLabels& above) {
    const double names =
        std::max(text_width(rows.name, kNameSize), text_width(columns.name, kNameSize)) + 4 * kNameSize;
    return {std::ceil(std::max(beside.beside(), names)), std::ceil(std::max(above.above(), 32.0))};
}

void draw_names(Easel& easel, const Axis& rows, const Axis& columns, Point corner) {
    const double x = corner.x - 2 * kGap;  // away from the first of the labels that are read upwards
    easel.add(Label{{x, corner.y - 21}, printable(columns.name) + " →", easel.inks.soft, kNameSize, Anchor::end});
    easel.add(Label{{x, corner.y - 7}, printable(rows.name) + " ↓", easel.inks.soft, kNameSize, Anchor::end});
}

void draw_bracket(Easel& easel, double from, double to, double y, const std::string& name) {
    easel.add(Stroke{{{from + 1.5, y}, {from + 1.5, y - 4}, {to - 1.5, y - 4}, {to - 1.5, y}}, easel.inks.soft, 1});
    std::string text = name;
    if (text_width(text, 9) > to - from) text = name.substr(name.rfind(' ') + 1);
    if (text_width(text, 9) <= to - from)
        easel.add(Label{{(from + to) / 2, y - 7}, text, easel.inks.soft, 9, Anchor::middle});
}

}  // namespace attnx::view
