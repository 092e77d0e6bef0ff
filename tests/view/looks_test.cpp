// Cells that are told as bars, brackets and tokens.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attnx/view/outputs.h"

namespace attnx::view {
namespace {

TEST(Table, draws_bars_and_brackets_for_people) {
    Document document{.command = "x"};
    document.blocks.emplace_back(
        Table{.id = "t",
              .columns = {{.id = "kv", .label = "KV", .unit = Unit::id, .align = Align::right, .look = Look::bracket},
                          {.id = "n", .label = "n"},
                          {.show = Show::people, .look = Look::bar}},
              .rows = {{0, 80, 80}, {0, 1, 1}, {0, 0, 0}, {1, 40, 40}, {1, 20, 20}, {2, 10, 10}}});
    const std::string full = "████████████████████████████████████████";  // 40 columns
    EXPECT_EQ(
        text_of(*find_output("table"), document, {}),
        "   KV   n\n"
        "  " +
            std::string() +
            [] {
                std::string rule;
                for (int i = 0; i < 49; ++i) rule += "─";
                return rule;
            }() +
            "\n"
            "  0 ┐  80  " +
            full +
            "\n"
            "    │   1  ▌\n"
            "    ┘   0\n"
            "  1 ┐  40  " +
            full.substr(0, 60) +
            "\n"
            "    ┘  20  " +
            full.substr(0, 30) +
            "\n"
            "  2    10  " +
            full.substr(0, 15) + "\n");
    const std::string ascii = text_of(*find_output("table"), document, {.unicode = false});
    EXPECT_NE(ascii.find("  0 \\  80  " + std::string(40, '#') + "\n    |   1  #\n    /   0\n"), std::string::npos)
        << ascii;
    EXPECT_EQ(text_of(*find_output("csv"), document, {}), "kv,n\n0,80\n0,1\n0,0\n1,40\n1,20\n2,10\n");
}

TEST(Table, draws_bars_to_both_sides_where_some_numbers_are_negative) {
    Document document{.command = "x"};
    document.blocks.emplace_back(Table{.columns = {{.label = "n"}, {.show = Show::people, .look = Look::bar}},
                                       .rows = {{40, 40}, {-20, -20}, {-1, -1}, {0, 0}, {1, 1}}});
    const auto half = [](std::size_t blanks, const std::string& bar) { return std::string(blanks, ' ') + bar; };
    std::string twenty, ten;
    for (int i = 0; i < 20; ++i) twenty += "█";
    for (int i = 0; i < 10; ++i) ten += "█";
    EXPECT_NE(text_of(*find_output("table"), document, {})
                  .find("   40  " + half(20, "│" + twenty) + "\n  -20  " + half(10, ten + "│") + "\n   -1  " +
                        half(19, "█│") + "\n    0  " + half(20, "│") + "\n    1  " + half(20, "│▌") + "\n"),
              std::string::npos)
        << text_of(*find_output("table"), document, {});
    const std::string ascii = text_of(*find_output("table"), document, {.unicode = false});
    EXPECT_NE(ascii.find("  -20  " + half(10, "##########|") + "\n   -1  " + half(19, "#|") + "\n"), std::string::npos)
        << ascii;
}

TEST(Tokens, are_visible_for_people_and_plain_for_scripts) {
    Document document{.command = "x"};
    document.blocks.emplace_back(
        Table{.id = "t",
              .columns = {{.id = "piece", .label = "piece"}},
              .rows = {{Token{" cat"}}, {Token{"a\nb"}}, {Token{"\xE4\xB8"}}, {Token{"中 "}}}});
    EXPECT_NE(text_of(*find_output("table"), document, {}).find("  ·cat\n  a⏎b\n  <0xE4><0xB8>\n  中·\n"),
              std::string::npos);
    EXPECT_EQ(text_of(*find_output("csv"), document, {}), "piece\n cat\na\\nb\n<0xE4><0xB8>\n中 \n");
    const auto json = nlohmann::json::parse(text_of(*find_output("json"), document, {}))["result"]["t"];
    EXPECT_EQ(json[0]["piece"], " cat");
    EXPECT_EQ(json[1]["piece"], "a\nb");
    EXPECT_EQ(json[3]["piece"], "中 ");
}

}  // namespace
}  // namespace attnx::view
