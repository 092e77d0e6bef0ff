#include "attnx/view/terminal.h"

namespace attnx::view {
namespace {

std::string_view variable(const Getenv& getenv, const char* name) {
    const char* value = getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

ColourDepth depth_of_terminal(const Getenv& getenv) {
    const std::string_view colorterm = variable(getenv, "COLORTERM");
    const std::string_view term = variable(getenv, "TERM");
    if (colorterm == "truecolor" || colorterm == "24bit" || term.ends_with("-direct")) return ColourDepth::truecolour;
    return term.find("256color") != std::string_view::npos ? ColourDepth::ansi256 : ColourDepth::ansi16;
}

bool forced(std::string_view value) { return !value.empty() && value != "0"; }

}  // namespace

ColourDepth decide_colour(ColourWish wish, bool is_terminal, const Getenv& getenv) {
    if (wish == ColourWish::never) return ColourDepth::none;
    if (wish == ColourWish::always) return depth_of_terminal(getenv);
    if (!variable(getenv, "NO_COLOR").empty()) return ColourDepth::none;
    if (forced(variable(getenv, "CLICOLOR_FORCE")) || forced(variable(getenv, "FORCE_COLOR")))
        return depth_of_terminal(getenv);
    if (variable(getenv, "TERM") == "dumb" || !is_terminal) return ColourDepth::none;
    return depth_of_terminal(getenv);
}

}  // namespace attnx::view
