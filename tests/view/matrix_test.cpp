// Matrices as text, in every colour depth and at every width.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/drawn.h"

namespace attnx::view {
namespace {

Matrix signed_matrix() {
    Matrix matrix;
    matrix.rows = {.name = "layers", .size = 1, .labels = {7}};
    matrix.columns = {.name = "heads", .size = 4};
    matrix.values = rows_of({-1, 0, 0.5f, kNone}, 4);
    matrix.shading = {.tint = Tint::diverging};
    return matrix;
}

// Zeros with one peak.
Matrix square(std::uint64_t size, std::uint64_t row, std::uint64_t column) {
    std::vector<float> values(size * size);
    values[row * size + column] = 1;
    Matrix matrix;
    matrix.rows = {.name = "queries", .size = size};
    matrix.columns = {.name = "keys", .size = size};
    matrix.values = rows_of(std::move(values), size);
    matrix.shading.range = Range{0, 1};
    return matrix;
}

TEST(Matrix, has_a_labelled_line_for_each_row) {
    EXPECT_EQ(drawn(three_by_three(), {}),
              "Layer 0, head 0\n"
              "              0\n"
              "  0       <s> ██\n"
              "  1      ·cat ▒▒▒▒\n"
              "  2 a\\x1b[31m ····██\n"
              "\n"
              "  0 ····░░░░▒▒▒▒▓▓▓▓█████ 1  linear; rows: queries, columns: keys; blank: masked\n");
}

TEST(Matrix, is_drawn_at_every_depth_and_width_within_its_bounds) {
    for (const Depth& depth : kDepths)
        for (const std::uint32_t width : {24u, 40u, 80u, 200u})
            for (const std::uint64_t size : {3u, 40u, 150u}) {
                Surface surface = depth.surface;
                surface.width = width;
                const std::string what =
                    std::string(depth.name) + ", " + std::to_string(width) + " columns, " + std::to_string(size);
                const std::string text = drawn(square(size, size / 2, size / 3), surface);
                expect_sound(text, width, what);
                if (!depth.colours) {
                    EXPECT_NE(text.find(surface.unicode ? "█" : "@"), text.rfind(surface.unicode ? "█" : "@"))
                        << what << ": the one peak survives beside the legend's\n"
                        << text;
                }
                if (depth.surface.depth == ColourDepth::truecolour) {
                    EXPECT_NE(text.find("8;2;253;231;37"), text.rfind("8;2;253;231;37")) << what;
                }
                if (!surface.unicode) {
                    for (const char c : text) ASSERT_LT(static_cast<unsigned char>(c), 0x80) << what;
                }
            }
}

TEST(Matrix, says_how_it_was_pooled) {
    const std::string text = drawn(square(200, 150, 77), {.width = 60});
    EXPECT_NE(unwrapped(text).find("pooled 4x4, the largest of each"), std::string::npos) << text;
    EXPECT_EQ(drawn(square(20, 1, 1), {.width = 60}).find("pooled"), std::string::npos);
}

TEST(Matrix, keeps_the_rows_of_a_wide_one) {
    Matrix matrix = square(100, 0, 0);
    matrix.rows.size = 4;
    EXPECT_NE(unwrapped(drawn(matrix, {.width = 60})).find("pooled 1x2"), std::string::npos);
}

TEST(Matrix, draws_two_rows_to_a_line_with_half_blocks) {
    Matrix matrix = square(60, 0, 0);
    const Surface surface{.colour = true, .depth = ColourDepth::truecolour, .width = 80};
    const std::vector<std::string> text = lines(drawn(matrix, surface));
    EXPECT_EQ(text.size(), 1 + 30 + 2u) << "ticks, 30 pairs, the legend below an empty line";
    EXPECT_NE(text[1].find("\x1b[0;38;2;253;231;37;48;2;68;1;84m▀"), std::string::npos)
        << "the peak above, 0 beneath: " << text[1];
}

TEST(Matrix, leaves_blank_what_is_not_a_number_and_not_what_is_zero) {
    for (const Depth& depth : kDepths) {
        const std::string text = drawn(three_by_three(), depth.surface);
        const std::string first = without_escapes(lines(text)[2]);
        EXPECT_EQ(first.substr(0, 14), "  0       <s> ") << depth.name;
        EXPECT_EQ(display_width(first), 16u) << depth.name << ": one cell, then nothing";
    }
}

TEST(Matrix, scales_as_it_is_told) {
    Matrix matrix = three_by_three();
    matrix.shading.scale = Scale::row_maximum;
    EXPECT_NE(drawn(matrix, {}).find("·cat ████\n"), std::string::npos) << "0.5 is the largest of its row";
    matrix.shading.scale = Scale::square_root;
    EXPECT_NE(drawn(matrix, {}).find("·cat ▓▓▓▓\n"), std::string::npos) << "0.707 of five shades";
    matrix.shading.scale = Scale::logarithmic;
    EXPECT_NE(drawn(matrix, {}).find("·cat ████\n"), std::string::npos) << "1 + log10(0.5) / 4 = 0.925";
    EXPECT_NE(drawn(matrix, {}).find("logarithmic, 4 decades"), std::string::npos);
}

TEST(Matrix, takes_the_range_of_its_values_where_none_is_given) {
    Matrix matrix = three_by_three();
    matrix.values = rows_of({2, 3, 4, 5, 6, 7, 8, 9, 12}, 3);
    matrix.shading.range.reset();
    EXPECT_NE(drawn(matrix, {}).find("  2 ····"), std::string::npos) << drawn(matrix, {});
    EXPECT_NE(drawn(matrix, {}).find(" 12  linear"), std::string::npos);
    EXPECT_EQ(drawn(matrix, {}).find("blank"), std::string::npos) << "nothing is";
}

TEST(Matrix, of_signed_numbers_has_zero_in_the_middle) {
    const std::string truecolour = drawn(signed_matrix(), {.colour = true, .depth = ColourDepth::truecolour});
    EXPECT_NE(truecolour.find("48;2;26;77;166m  \x1b[0;48;2;232;232;232m  \x1b[0;48;2;226;140;105m  \x1b[0m\n"),
              std::string::npos)
        << "blue, grey, half red, nothing: " << truecolour;
    EXPECT_NE(truecolour.find("  -1 "), std::string::npos) << "the bounds are alike: " << truecolour;
    EXPECT_NE(drawn(signed_matrix(), {}).find("  7 ■■··▒▒\n"), std::string::npos) << drawn(signed_matrix(), {});
    EXPECT_NE(drawn(signed_matrix(), {.unicode = false}).find("  7 ii..55\n"), std::string::npos)
        << drawn(signed_matrix(), {.unicode = false});
    const std::string sixteen = drawn(signed_matrix(), {.colour = true, .depth = ColourDepth::ansi16});
    EXPECT_NE(sixteen.find("\x1b[0;34m■■"), std::string::npos) << sixteen;
    EXPECT_NE(sixteen.find("\x1b[0;31m"), std::string::npos) << sixteen;
}

TEST(Matrix, is_nested_arrays_for_scripts_and_labelled_rows_in_csv) {
    Document document{.command = "x", .csv_table = "maps/0/copying"};
    Matrix matrix = signed_matrix();
    matrix.id = "maps/0/copying";
    matrix.rows.id = "layer";
    document.blocks.emplace_back(matrix);
    EXPECT_EQ(nlohmann::json::parse(text_of(*find_output("json"), document, {}))["result"],
              nlohmann::json::parse(R"({"maps": [{"copying": [[-1.0, 0.0, 0.5, null]]}]})"));
    EXPECT_EQ(text_of(*find_output("csv"), document, {}), "layer,0,1,2,3\n7,-1,0,0.5,\n");
    const std::string markdown =
        text_of(*find_output("markdown"), document, {.colour = true, .depth = ColourDepth::truecolour});
    EXPECT_EQ(markdown.find("~~~~\n"), 0u) << markdown;
    EXPECT_EQ(markdown.find('\x1b'), std::string::npos) << markdown;
    std::get<Matrix>(document.blocks[0]).show = Show::scripts;
    EXPECT_EQ(text_of(*find_output("markdown"), document, {}), "");
    EXPECT_EQ(text_of(*find_output("table"), document, {}), "");
}

}  // namespace
}  // namespace attnx::view
