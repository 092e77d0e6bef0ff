#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "attnx/view/render.h"

namespace attnx::view {
namespace {

constexpr float kBlank = std::numeric_limits<float>::quiet_NaN();

Heatmap small() {
    Heatmap map;
    map.title = "Layer 0, head 0";
    map.labels = {"<s>", "cat", "a\x1b[31m"};
    map.rows = 3;
    map.values = {1, kBlank, kBlank, 0.5f, 0.5f, kBlank, 0, 0, 1};
    return map;
}

std::string drawn(const Heatmap& map, const Surface& surface) {
    Document document;
    document.blocks.emplace_back(map);
    return text_of(*find_format("table"), document, surface);
}

TEST(Heatmap, is_drawn_in_shades_where_there_are_no_colours) {
    const std::string text = drawn(small(), {.colour = false, .unicode = true});
    EXPECT_NE(text.find("<s> ██\n"), std::string::npos) << text;
    EXPECT_NE(text.find("cat ▒▒▒▒\n"), std::string::npos) << text;
    EXPECT_NE(text.find("    ██\n"), std::string::npos) << text;
    EXPECT_NE(text.find("rows = queries, columns = keys"), std::string::npos);
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << "labels of the file never reach a terminal raw";
}

TEST(Heatmap, is_ascii_where_the_locale_is) {
    const std::string text = drawn(small(), {.colour = false, .unicode = false});
    for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) < 0x80);
    EXPECT_NE(text.find("<s> @@\n"), std::string::npos) << text;
}

TEST(Heatmap, leaves_no_line_coloured_at_its_end) {
    const std::string text =
        drawn(small(), {.colour = true, .depth = ColourDepth::truecolour, .unicode = true, .width = 80});
    EXPECT_NE(text.find("48;2;253;231;37m"), std::string::npos) << "weight 1 is viridis' yellow";
    EXPECT_NE(text.find("48;2;68;1;84m"), std::string::npos) << "weight 0 is viridis' violet";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t last = line.rfind("\x1b[");
        if (last != std::string::npos) {
            EXPECT_EQ(line.substr(last, 4), "\x1b[0m") << line;
        }
    }
    EXPECT_NE(drawn(small(), {.colour = true, .depth = ColourDepth::ansi256, .unicode = true}).find("48;5;"),
              std::string::npos);
}

TEST(Heatmap, pools_by_maximum_what_is_wider_than_the_surface) {
    Heatmap map;
    map.rows = 200;
    map.labels.assign(200, "x");
    map.values.assign(200 * 200, 0.0f);
    map.values[150 * 200 + 77] = 1.0f;  // one thin peak must survive
    const std::string text = drawn(map, {.colour = false, .unicode = true, .width = 60});
    EXPECT_NE(text.find("pooled"), std::string::npos);
    const std::string map_lines = text.substr(0, text.rfind("0 "));
    EXPECT_NE(map_lines.find("█"), std::string::npos);
}

TEST(Heatmap, scales_rows_by_their_maximum_when_asked) {
    Heatmap map = small();
    map.scale = Scale::row_maximum;
    EXPECT_NE(drawn(map, {}).find("cat ████\n"), std::string::npos);
}

}  // namespace
}  // namespace attnx::view
