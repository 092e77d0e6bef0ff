// Drawings as a terminal gets them, for tests of all colour depths.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "attnx/view/outputs.h"

namespace attnx::view {

inline constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

struct Depth {
    const char* name;
    Surface surface;
    bool colours;  // whether cells are told by colour alone
};

inline const Depth kDepths[] = {
    {"truecolour", {.colour = true, .depth = ColourDepth::truecolour}, true},
    {"256", {.colour = true, .depth = ColourDepth::ansi256}, true},
    {"16", {.colour = true, .depth = ColourDepth::ansi16}, false},
    {"shades", {}, false},
    {"ascii", {.unicode = false}, false},
    {"256 in ascii", {.colour = true, .depth = ColourDepth::ansi256, .unicode = false}, true},
};

inline Matrix three_by_three() {
    Matrix matrix;
    matrix.title = "Layer 0, head 0";
    matrix.rows = {.name = "queries", .size = 3, .labels = {Token{"<s>"}, Token{" cat"}, Token{"a\x1b[31m"}}};
    matrix.columns = {.name = "keys", .size = 3};
    matrix.values = rows_of({1, kNone, kNone, 0.5f, 0.5f, kNone, 0, 0, 1}, 3);
    matrix.shading = {.range = Range{0, 1}, .blank = "masked"};
    return matrix;
}

inline Grid five_heads() {
    std::vector<float> values;
    for (int head = 0; head < 5; ++head)
        for (int i = 0; i < 4; ++i)
            for (int j = 0; j < 4; ++j) values.push_back(j > i ? kNone : j == head ? 1.0f : 0.0f);
    Grid grid;
    grid.id = "weights";
    grid.title = "Layer 3";
    grid.panels = {.id = "head", .name = "head", .size = 5, .labels = {0, 1, 2, 3, 14}};
    grid.rows = {.id = "query", .name = "queries", .size = 4};
    grid.columns = {.id = "key", .name = "keys", .size = 4};
    grid.values = rows_of(std::move(values), 4);
    grid.shading = {.range = Range{0, 1}, .blank = "masked"};
    return grid;
}

inline Curves two_series() {
    return {.id = "flow",
            .title = "Flow",
            .axis = {.id = "layer", .name = "layer", .size = 3, .labels = {0, 2, 5}},
            .series = {{"first", "first", {0.0, 0.5, 1.0}}, {"self", "self", {0.25, std::nullopt, 0.01}}},
            .range = Range{0, 1}};
}

inline std::string drawn(Block block, const Surface& surface) {
    Document document;
    document.blocks.push_back(std::move(block));
    return text_of(*find_output("table"), document, surface);
}

inline std::string without_escapes(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') i = text.find('m', i);
        else plain += text[i];
    }
    return plain;
}

inline std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> result;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) result.push_back(line);
    return result;
}

// Lines of a legend as one.
inline std::string unwrapped(std::string text) {
    for (std::size_t at = 0; (at = text.find("\n  ", at)) != std::string::npos;) text.replace(at, 3, " ");
    return text;
}

// Each line ends in its terminal's own colours and takes no more columns than there are.
inline void expect_sound(const std::string& text, std::size_t width, const std::string& what) {
    for (const std::string& line : lines(text)) {
        const std::size_t last = line.rfind("\x1b[");
        if (last != std::string::npos) {
            EXPECT_EQ(line.substr(last, 4), "\x1b[0m") << what << "\n" << line;
        }
        const std::string plain = without_escapes(line);
        EXPECT_LE(display_width(plain), width) << what << "\n" << line;
        EXPECT_TRUE(line.empty() || line.back() != ' ') << what << ": blanks at the end of\n" << line;
    }
}

}  // namespace attnx::view
