#include "attnx/view/terminal.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace attnx::view {
namespace {

using Variables = std::map<std::string, std::string>;

ColourDepth decide(ColourWish wish, bool terminal, const Variables& variables) {
    return decide_colour(wish, terminal, [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

TEST(DecideColour, goes_by_the_first_that_applies) {
    using enum ColourWish;
    using enum ColourDepth;
    EXPECT_EQ(decide(automatic, true, {{"TERM", "xterm"}}), ansi16);
    EXPECT_EQ(decide(automatic, false, {{"TERM", "xterm"}}), none);
    EXPECT_EQ(decide(never, true, {{"FORCE_COLOR", "1"}}), none);
    EXPECT_EQ(decide(always, false, {{"NO_COLOR", "1"}, {"TERM", "dumb"}}), ansi16);
    EXPECT_EQ(decide(automatic, true, {{"NO_COLOR", "1"}, {"CLICOLOR_FORCE", "1"}}), none);
    EXPECT_EQ(decide(automatic, true, {{"NO_COLOR", ""}}), ansi16);
    EXPECT_EQ(decide(automatic, false, {{"CLICOLOR_FORCE", "1"}}), ansi16);
    EXPECT_EQ(decide(automatic, false, {{"FORCE_COLOR", "1"}, {"TERM", "dumb"}}), ansi16);
    EXPECT_EQ(decide(automatic, false, {{"CLICOLOR_FORCE", "0"}}), none);
    EXPECT_EQ(decide(automatic, false, {{"FORCE_COLOR", ""}}), none);
    EXPECT_EQ(decide(automatic, true, {{"TERM", "dumb"}}), none);
}

TEST(DecideColour, learns_the_depth_from_colorterm_and_term) {
    using enum ColourWish;
    using enum ColourDepth;
    EXPECT_EQ(decide(automatic, true, {{"COLORTERM", "truecolor"}, {"TERM", "xterm-256color"}}), truecolour);
    EXPECT_EQ(decide(automatic, true, {{"COLORTERM", "24bit"}}), truecolour);
    EXPECT_EQ(decide(automatic, true, {{"TERM", "xterm-direct"}}), truecolour);
    EXPECT_EQ(decide(automatic, true, {{"TERM", "screen-256color"}}), ansi256);
    EXPECT_EQ(decide(automatic, true, {}), ansi16);
}

TEST(DisplayWidth, counts_columns_not_bytes) {
    EXPECT_EQ(display_width(""), 0u);
    EXPECT_EQ(display_width("plain"), 5u);
    EXPECT_EQ(display_width("漢字"), 4u);
    EXPECT_EQ(display_width("e\xCC\x81"), 1u);                                     // e and a combining acute
    EXPECT_EQ(display_width("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB"), 2u);  // woman, joiner, computer
    EXPECT_EQ(display_width("─│▀"), 3u);
    EXPECT_EQ(display_width("a\xFF"), 2u);
}

TEST(Clip, keeps_whole_characters_and_marks_what_is_missing) {
    EXPECT_EQ(clip("attn_q.weight", 20, "…"), "attn_q.weight");
    EXPECT_EQ(clip("attn_q.weight", 7, "…"), "attn_q…");
    EXPECT_EQ(clip("attn_q.weight", 7, "..."), "attn...");
    EXPECT_EQ(clip("漢字漢字", 5, "…"), "漢字…");
    EXPECT_EQ(clip("漢字漢字", 4, "…"), "漢…");
    EXPECT_EQ(clip("abc", 2, "..."), "..");
}

}  // namespace
}  // namespace attnx::view
