#include "key.h"

#include <fmt/format.h>

#include "../../paint.h"
#include "attnx/base/text.h"

namespace attnx::view {
namespace {

constexpr double kBarWidth = 260, kBarHeight = 11, kSmall = 10;
constexpr std::uint32_t kBarSteps = 130;  // two pixels each
constexpr int kTicks = 5;

void draw_bar(Easel& easel, Point at, const Shading& shading, Range range) {
    Cells bar{at, kBarWidth / kBarSteps, kBarHeight, kBarSteps, {}, easel.colours(shading.tint)};
    const bool is_signed = shading.tint == Tint::diverging;
    for (std::uint32_t i = 0; i < kBarSteps; ++i) {
        const float part = static_cast<float>(i) / (kBarSteps - 1);
        bar.codes.push_back(Easel::code(is_signed ? 2 * part - 1 : part, shading.tint));
    }
    easel.add(std::move(bar));
    for (int i = 0; i < kTicks; ++i) {
        const double part = static_cast<double>(i) / (kTicks - 1), x = at.x + part * kBarWidth;
        easel.line({x, at.y + kBarHeight}, {x, at.y + kBarHeight + 3}, easel.inks.soft);
        const double number = number_at(is_signed ? 2 * part - 1 : part, range, shading);
        easel.add(Label{{x, at.y + kBarHeight + 14},
                        short_number(number),
                        easel.inks.ink,
                        kSmall,
                        i == 0            ? Anchor::start
                        : i == kTicks - 1 ? Anchor::end
                                          : Anchor::middle});
    }
}

}  // namespace

void draw_key(Easel& easel, Point at, const Shading& shading, Range range, bool any_blank, const std::string& words) {
    draw_bar(easel, at, shading, range);
    double right = at.x + kBarWidth;
    if (any_blank && !shading.blank.empty()) {
        easel.add(Box{{right + 18, at.y}, 16, kBarHeight, easel.inks.masked, true});
        const std::string blank = printable(shading.blank);
        easel.add(Label{{right + 39, at.y + 9.5}, blank, easel.inks.ink, kSmall});
        right += 39 + text_width(blank, kSmall);
    }
    const double width = std::max(easel.width, right) - at.x;
    const std::string all = std::string(scale_text(shading.scale)) + "; " + words;
    const double end = draw_words(easel, {at.x, at.y + kBarHeight + 31}, width, all, kSmall, easel.inks.soft);
    easel.reach(right, end - kSmall);
}

double draw_words(Easel& easel, Point at, double width, std::string_view text, double size, Rgb ink) {
    const auto columns = static_cast<std::size_t>(width / (size * kAdvance));
    for (std::string& line : wrap(printable(text), std::max<std::size_t>(columns, 10))) {
        easel.add(Label{at, clip(line, std::max<std::size_t>(columns, 10), "…"), ink, size});
        at.y += size * 1.4;
    }
    return at.y;
}

std::string field_words(const Axis& rows, const Axis& columns, Pool pool) {
    std::string text = fmt::format("rows: {}, columns: {}", rows.name, columns.name);
    if (rows.marked_from) text += fmt::format("; coloured: {}", rows.mark);
    if (pool.rows > 1 || pool.columns > 1)
        text += fmt::format("; pooled {}x{}, the largest of each", pool.rows, pool.columns);
    return text;
}

}  // namespace attnx::view
