#include "brush.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "drawings.h"
#include "field.h"
#include "glyphs.h"
#include "paint.h"
#include "people.h"

namespace attnx::view {

void Line::change(const std::string& sgr) {
    if (sgr == current_) return;
    text_ += "\x1b[0" + (sgr.empty() ? "" : ";" + sgr) + "m";
    current_ = sgr;
}

void Line::add(std::string_view text) {
    const std::size_t end = wanted_.empty() ? text.find_last_not_of(' ') + 1 : text.size();
    if (end > 0) {
        if (blanks_ > 0) change("");
        text_.append(blanks_, ' ');
        blanks_ = 0;
        change(wanted_);
        text_ += text.substr(0, end);
    }
    blanks_ += text.size() - end;
}

std::string Line::end() {
    change("");
    return std::move(text_) + "\n";
}

void Brush::cell(Line& line, double part, std::size_t columns) const {
    if (std::isnan(part)) return line.blank(columns);
    line.colour({});
    if (coloured_) {
        line.colour(sgr(part, 48));
    } else if (surface_.depth == ColourDepth::ansi16 && tint_ == Tint::diverging) {
        line.colour(part < 0 ? "34" : "31");
    }
    for (std::size_t i = 0; i < columns; ++i) line.add(coloured_ ? " " : shade(part, tint_, surface_));
    line.colour({});
}

void Brush::halves(Line& line, double upper, double lower) const {
    if (std::isnan(upper) && std::isnan(lower)) return line.blank(1);
    if (std::isnan(upper)) {
        line.colour(sgr(lower, 38));
        line.add("▄");
    } else {
        line.colour(std::isnan(lower) ? sgr(upper, 38) : sgr(upper, 38) + ";" + sgr(lower, 48));
        line.add("▀");
    }
    line.colour({});
}

std::string legend(const Brush& brush, const Shading& shading, Range range, const std::string& words,
                   const Surface& surface) {
    Line line;
    const std::string low = fmt::format("  {:.4g} ", range.low), high = fmt::format(" {:.4g}", range.high);
    const std::size_t width = drawing_width(surface), bounds = low.size() + high.size();
    // An odd number, so that 0 has a cell where numbers are signed.
    const std::size_t steps = 2 * std::clamp<std::size_t>((width > bounds ? width - bounds : 0) / 2, 2, 11) - 1;
    line.add(low);
    for (std::size_t i = 0; i < steps; ++i) {
        const double part = static_cast<double>(i) / static_cast<double>(steps - 1);
        brush.cell(line, shading.tint == Tint::diverging ? 2 * part - 1 : part, 1);
    }
    line.add(high);
    const std::string rest = safe_text(std::string(scale_text(shading.scale)) + "; " + words, surface);
    if (bounds + steps + 2 + display_width(rest) <= width) {
        line.add("  " + rest);
        return line.end();
    }
    std::string text = line.end();
    for (const std::string& part : wrap(rest, width > 22 ? width - 2 : 20)) text += "  " + part + "\n";
    return text;
}

}  // namespace attnx::view
