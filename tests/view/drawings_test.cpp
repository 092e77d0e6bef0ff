// Grids and curves as text, and what all drawings have in common.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/drawn.h"

namespace attnx::view {
namespace {

TEST(Grid, sets_panels_side_by_side_under_their_names) {
    EXPECT_EQ(drawn(five_heads(), {.width = 34}),
              "Layer 3\n"
              "  head 0    head 1    head 2\n"
              "  ██        ··        ··\n"
              "  ██··      ··██      ····\n"
              "  ██····    ··██··    ····██\n"
              "  ██······  ··██····  ····██··\n"
              "\n"
              "  head 3    head 14\n"
              "  ··        ··\n"
              "  ····      ····\n"
              "  ······    ······\n"
              "  ······██  ········\n"
              "\n"
              "  0 ····░░░░▒▒▒▒▓▓▓▓█████ 1\n"
              "  linear; rows: queries, columns:\n"
              "  keys; blank: masked\n");
}

TEST(Grid, is_drawn_at_every_depth_and_width_within_its_bounds) {
    for (const Depth& depth : kDepths)
        for (const std::uint32_t width : {24u, 80u, 200u})
            for (const std::uint64_t size : {1u, 30u, 130u}) {
                Grid grid = five_heads();
                grid.rows.size = grid.columns.size = size;
                grid.values = rows_of(std::vector<float>(5 * size * size, 1.0f), size);
                Surface surface = depth.surface;
                surface.width = width;
                const std::string text = drawn(grid, surface);
                expect_sound(text, width, std::string(depth.name) + ", " + std::to_string(width));
                for (const char* name : {"head 0", "head 3", "head 14"})
                    EXPECT_NE(text.find(name), std::string::npos) << depth.name << "\n" << text;
            }
}

TEST(Grid, is_nested_arrays_for_scripts) {
    Document document{.command = "x", .csv_table = "weights"};
    document.blocks.emplace_back(five_heads());
    const auto result = nlohmann::json::parse(text_of(*find_output("json"), document, {}))["result"]["weights"];
    EXPECT_EQ(result.size(), 5u);
    EXPECT_EQ(result[1], nlohmann::json::parse("[[0,null,null,null],[0,1,null,null],[0,1,0,null],[0,1,0,0]]"));
    const std::string csv = text_of(*find_output("csv"), document, {});
    EXPECT_EQ(csv.find("head,query,0,1,2,3\n0,0,1,,,\n"), 0u) << csv;
    EXPECT_NE(csv.find("\n14,3,0,0,0,0\n"), std::string::npos) << csv;
}

TEST(Curves, stand_in_bands_one_above_the_other) {
    EXPECT_EQ(drawn(two_series(), {}),
              "Flow\n"
              "         first  1 ┤        ███\n"
              "        0 to 1    │    ▄▄▄ ███\n"
              "                0 ┤    ███ ███\n"
              "\n"
              "          self  1 ┤\n"
              "  0.01 to 0.25    │\n"
              "                0 ┤▆▆▆     ▁▁▁\n"
              "                   0\n"
              "                   layer\n")
        << "0.5 of 24 eighths are 12, 0.25 are 6; what is more than 0 shows";
}

TEST(Curves, are_drawn_at_every_depth_and_width_within_their_bounds) {
    for (const Depth& depth : kDepths)
        for (const std::uint32_t width : {24u, 80u, 200u})
            for (const std::uint64_t size : {1u, 12u, 300u}) {
                Curves curves = two_series();
                curves.axis.size = size;
                curves.axis.labels = List(size, Cell(8));
                for (Series& series : curves.series) series.values = List(size, Cell(0.5));
                Surface surface = depth.surface;
                surface.width = width;
                expect_sound(drawn(curves, surface), width, std::string(depth.name) + ", " + std::to_string(width));
            }
}

TEST(Curves, are_a_table_in_markdown_lists_in_json_and_columns_in_csv) {
    Document document{.command = "x", .csv_table = "flow"};
    document.blocks.emplace_back(two_series());
    EXPECT_EQ(
        text_of(*find_output("markdown"), document, {}),
        "### Flow\n\n| layer | first | self |\n|---:|---:|---:|\n| 0 | 0 | 0.2500 |\n| 2 | 0.5000 | – |\n| 5 | 1 | 0.0100 |\n");
    EXPECT_EQ(nlohmann::json::parse(text_of(*find_output("json"), document, {}))["result"]["flow"],
              nlohmann::json::parse(R"({"layer": [0, 2, 5], "first": [0.0, 0.5, 1.0], "self": [0.25, null, 0.01]})"));
    EXPECT_EQ(text_of(*find_output("csv"), document, {}), "layer,first,self\n0,0.0,0.25\n2,0.5,\n5,1.0,0.01\n");
}

TEST(Drawings, never_let_a_control_character_through) {
    const std::string evil =
        "\x1b]0;own\x07\x1b[2J\xC2\x9B"
        "31m\xE2\x80\xAE\xFF";
    Matrix matrix = three_by_three();
    Grid grid = five_heads();
    Curves curves = two_series();
    matrix.title = grid.title = curves.title = evil;
    for (Axis* axis : {&matrix.rows, &matrix.columns, &grid.panels, &grid.rows, &grid.columns, &curves.axis}) {
        axis->name = evil;
        axis->labels.clear();
        for (std::uint64_t i = 0; i < axis->size; ++i)
            axis->labels.push_back(i % 2 == 0 ? Cell(evil) : Cell(Token{evil}));
    }
    matrix.shading.blank = grid.shading.blank = curves.series[0].label = curves.series[0].id = evil;
    Document document{.command = "x"};
    document.blocks = {matrix, grid, curves};
    for (const OutputRow& format : outputs())
        for (const char* id : {"", "weights", "flow"}) {
            if (format.render == nullptr) continue;
            document.csv_table = id;
            const std::string text = text_of(format, document, {.width = 60});
            for (const char* bad : {"\x1b", "\x07", "\xC2\x9B", "\xE2\x80\xAE", "\xFF"})
                EXPECT_EQ(text.find(bad), std::string::npos) << format.name << "\n" << text;
        }
}

TEST(Drawings, of_nothing_say_so) {
    for (const Depth& depth : kDepths) {
        Matrix matrix;
        matrix.title = "Empty";
        EXPECT_EQ(without_escapes(drawn(matrix, depth.surface)), "Empty\n  nothing to draw\n");
        EXPECT_EQ(drawn(Grid{}, depth.surface), "  nothing to draw\n");
        EXPECT_EQ(drawn(Curves{}, depth.surface), "");
    }
    Matrix blank = three_by_three();
    blank.values = rows_of(std::vector<float>(9, kNone), 3);
    blank.shading.range.reset();
    EXPECT_NE(drawn(blank, {}).find("  0       <s>\n"), std::string::npos) << drawn(blank, {});
}

}  // namespace
}  // namespace attnx::view
