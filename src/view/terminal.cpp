#include "attnx/view/terminal.h"

namespace attnx::view {
namespace {

std::string_view variable(const Getenv& look_up, const char* name) {
    const char* value = look_up(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

ColourDepth depth_of_terminal(const Getenv& look_up) {
    const std::string_view colorterm = variable(look_up, "COLORTERM");
    const std::string_view term = variable(look_up, "TERM");
    if (colorterm == "truecolor" || colorterm == "24bit" || term.ends_with("-direct")) return ColourDepth::truecolour;
    return term.find("256color") != std::string_view::npos ? ColourDepth::ansi256 : ColourDepth::ansi16;
}

bool forced(std::string_view value) { return !value.empty() && value != "0"; }

}  // namespace

ColourDepth decide_colour(ColourWish wish, bool is_terminal, const Getenv& look_up) {
    if (wish == ColourWish::never) return ColourDepth::none;
    if (wish == ColourWish::always) return depth_of_terminal(look_up);
    if (!variable(look_up, "NO_COLOR").empty()) return ColourDepth::none;
    if (forced(variable(look_up, "CLICOLOR_FORCE")) || forced(variable(look_up, "FORCE_COLOR")))
        return depth_of_terminal(look_up);
    if (variable(look_up, "TERM") == "dumb" || !is_terminal) return ColourDepth::none;
    return depth_of_terminal(look_up);
}

}  // namespace attnx::view
