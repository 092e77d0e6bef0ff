// Pictures as SVG: what is in them, and that no text is more than text.
#include "attnx/view/picture.h"

#include <gtest/gtest.h>

#include <fstream>

#include "../../src/view/picture/drawing/png_cells.h"
#include "../../src/view/xml_text.h"
#include "attnx/base/error.h"
#include "support/base64.h"
#include "support/pictures.h"
#include "support/temp_dir.h"

namespace attnx::view {

void write_svg(const Picture& picture, const PictureStyle& style, Sink& out);
std::string png_with_words(std::string_view bytes, const Picture& picture);

namespace {

std::string svg_of(const Picture& picture, const PictureStyle& style = {}) {
    TextSink out;
    write_svg(picture, style, out);
    return out.text;
}

Matrix small_matrix(const std::string& text) {
    return {.title = text,
            .rows = {.name = text, .size = 2, .labels = {Token{text}, text}},
            .columns = {.name = text, .size = 2, .labels = {Token{text}, text}},
            .values = rows_of({1, std::numeric_limits<float>::quiet_NaN(), 0.25F, 0.75F}, 2),
            .shading = {.range = Range{0, 1}, .blank = text}};
}

Network small_network(const std::string& text) {
    Network network{.title = text,
                    .nodes = {.columns = {{"id", "id"}, {"token", "token"}}},
                    .edges = {.columns = {{"src", "query"}, {"dst", "key"}, {"weight", "weight"}}}};
    for (std::uint64_t i = 0; i < 3; ++i) network.nodes.rows.push_back({i, Token{text}});
    network.edges.rows = {{std::uint64_t{2}, std::uint64_t{0}, 0.5},
                          {std::uint64_t{0}, std::uint64_t{1}, 0.25},
                          {std::uint64_t{1}, std::uint64_t{1}, 1.0}};
    return network;
}

// One of everything that is drawn, with `text` wherever there is text.
std::vector<Drawing> all_drawings(const std::string& text) {
    const Matrix matrix = small_matrix(text);
    Grid grid{.title = text,
              .panels = {.name = text, .size = 2, .labels = {text, 1}, .groups = {0, 0}, .group_name = text},
              .rows = matrix.rows,
              .columns = matrix.columns,
              .values = rows_of({0, 1, 0, 1, 0, 1, 0, 1}, 2),
              .shading = matrix.shading};
    Curves curves{.title = text, .axis = {.name = text, .size = 2, .labels = {0, text}}};
    curves.series.push_back({"s", text, {0.5, Cell()}});
    ClassMap classes{.title = text, .rows = matrix.rows, .columns = matrix.columns, .classes = {{text, text}}};
    classes.cells = {std::vector<std::size_t>{0}, std::vector<std::size_t>{}, std::nullopt,
                     std::vector<std::size_t>{0}};
    return {matrix, grid, curves, small_network(text), TokenLines{small_network(text)}, classes};
}

TEST(Picture, lets_no_text_become_markup) {
    const std::string bad =
        "</script></text></svg><img src=x onerror=alert(1)><!--]]>\x1b[31m\xe2\x80\xae\xed\xa0\x80\xff\xef\xbf\xbf\"'&";
    const Picture picture{.title = bad,
                          .about = {{.id = "model", .label = "model", .value = bad},
                                    {.id = "prompt", .label = "prompt", .value = Token{bad}}},
                          .drawings = all_drawings(bad)};
    const std::string text = svg_of(picture);
    for (const char* never : {"<img", "<script", "</script", "<!--", "]]>\x1b", "\x1b", "\xe2\x80\xae", "\xed\xa0\x80",
                              "\xff", "\xef\xbf\xbf", "<foreignObject", "onerror=\""})
        EXPECT_EQ(text.find(never), text.npos) << never;
    EXPECT_EQ(text.find("</svg>"), text.size() - 7);
    EXPECT_NE(text.find("&lt;img src=x onerror=alert(1)&gt;"), text.npos);
    test::TempDir folder;
    std::ofstream(folder / "bad.svg", std::ios::binary) << text;
    EXPECT_EQ(test::complaints((folder / "bad.svg").string()), "");
}

TEST(Picture, holds_nothing_from_elsewhere) {
    const std::string text = svg_of({.drawings = all_drawings("x")});
    for (std::size_t at = text.find("href=\""); at != text.npos; at = text.find("href=\"", at + 1))
        EXPECT_EQ(text.substr(at + 6, 22), "data:image/png;base64,");
    for (const char* word : {"<style", "@import", "<use", "<a "}) EXPECT_EQ(text.find(word), text.npos) << word;
}

TEST(Picture, tells_masked_cells_from_those_of_zero) {
    const std::string text = svg_of({.drawings = {small_matrix("masked")}});
    EXPECT_NE(text.find("fill=\"url(#hatch)\""), text.npos);
    EXPECT_NE(text.find(">0.25</text>"), text.npos);
    EXPECT_NE(text.find(">1.00</text>"), text.npos);
}

TEST(Picture, writes_words_into_cells_and_their_numbers_below) {
    Matrix matrix = small_matrix("side");
    matrix.words = {Token{" one"}, Token{"hidden"}, Token{"a</text>b"}, Token{std::string(40, 'w')}};
    const std::string svg = svg_of({.drawings = {matrix}});
    for (const char* word : {">·one<", ">1.00<", ">a&lt;/text&gt;b<", ">0.25<", ">0.75<"})
        EXPECT_NE(svg.find(word), svg.npos) << word;
    EXPECT_NE(svg.find("wwww…<"), svg.npos);  // as much as there is room for
    EXPECT_EQ(svg.find("hidden"), svg.npos);  // where there is no number
    EXPECT_EQ(svg.find(std::string(40, 'w')), svg.npos);
}

TEST(Picture, legend_has_the_numbers_of_its_scale) {
    Matrix matrix = small_matrix("x");
    const auto has = [](const std::string& text, const std::string& tick) {
        return text.find(">" + tick + "</text>") != text.npos;
    };
    matrix.shading.range = Range{0, 16};
    matrix.shading.scale = Scale::square_root;  // a quarter of the bar is a sixteenth of the range
    std::string text = svg_of({.drawings = {matrix}});
    for (const char* tick : {"0", "1", "4", "9", "16"}) EXPECT_TRUE(has(text, tick)) << tick;
    matrix.shading.range = Range{0, 1e5};
    matrix.shading.scale = Scale::logarithmic;
    text = svg_of({.drawings = {matrix}});
    for (const char* tick : {"10", "100", "1k", "10k", "100k"}) EXPECT_TRUE(has(text, tick)) << tick;
    matrix.shading = {.tint = Tint::diverging, .range = Range{-2, 1}};
    text = svg_of({.drawings = {matrix}});
    for (const char* tick : {"-2", "-1", "0", "1", "2"}) EXPECT_TRUE(has(text, tick)) << tick;
}

TEST(Picture, is_refused_where_there_is_nothing_to_draw) {
    for (const Picture& picture : {Picture{}, Picture{.drawings = {Matrix{}}}}) {
        try {
            svg_of(picture);
            ADD_FAILURE() << "drawn";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::refused);
        }
    }
}

TEST(Picture, of_an_answer_has_what_people_see_drawn) {
    Document document{.model = ModelRef{.path = "m.gguf", .architecture = "a", .quantization = "Q4_K_M"}};
    document.blocks = {Note{"x"}, small_matrix("shown")};
    Matrix hidden = small_matrix("hidden");
    hidden.show = Show::scripts;
    document.blocks.emplace_back(hidden);
    document.blocks.emplace_back(
        Table{.id = "tokens", .columns = {{"id", ""}, {"piece", ""}}, .rows = {{1, Token{" a"}}}});
    const Picture picture = picture_of(document);
    ASSERT_EQ(picture.drawings.size(), 1u);
    EXPECT_EQ(words_of(picture).title, "shown");
    const std::string about = words_of(picture).about;
    for (const char* part : {"model m.gguf", "Q4_K_M", "prompt  a", "attnx "})
        EXPECT_NE(about.find(part), about.npos) << about;
}

TEST(Picture, cells_are_a_png_whose_chunks_are_whole) {
    const Cells cells{{0, 0}, 2, 1, 3, {0, 1, 2, 2, 1, 0}, {{9, 9, 9}, {1, 2, 3}, {4, 5, 6}}};
    const std::string png = png_with_words(png_of(cells), {.title = "naïve"});
    ASSERT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
    std::string types;
    std::size_t at = 8;
    while (at + 12 <= png.size()) {
        std::uint32_t size = 0;
        for (std::size_t i = 0; i < 4; ++i) size = size << 8U | static_cast<std::uint8_t>(png[at + i]);
        types += png.substr(at + 4, 4) + " ";
        at += 12 + size;
    }
    EXPECT_EQ(at, png.size());
    EXPECT_EQ(types, "IHDR iTXt tEXt tEXt PLTE tRNS IDAT IEND ");
    EXPECT_EQ(png.substr(16, 8), std::string("\0\0\0\x0c\0\0\0\x04", 8));  // 3 cells of 4 pixels, 2 of 2
}

TEST(XmlText, escapes_markup_and_what_xml_does_not_allow) {
    EXPECT_EQ(escaped_xml("a<b>&\"'\n"), "a&lt;b&gt;&amp;&quot;&#39;\n");
    EXPECT_EQ(escaped_xml(std::string_view("\0\x1b\xef\xbf\xbe", 5)), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace attnx::view
