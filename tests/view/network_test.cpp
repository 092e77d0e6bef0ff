// Networks as files for other tools, and as people see them. Labels come from vocabularies: anything may be in them.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attnx/view/outputs.h"
#include "support/drawn.h"

namespace attnx::view {
namespace {

const std::string kEvil = "a\"b\\c\n</script>&lt;\x1b[31m\xff";

Network two_nodes(const std::string& label = " cat") {
    return {.title = "Layer 0 \"mean\"",
            .about = {{.id = "model", .value = "evil\n*/ --> \x1b[0m"}, {.id = "nothing"}},
            .nodes = {.id = "nodes",
                      .columns = {{"id", "id", Unit::id}, {"token", "token"}},
                      .rows = {{std::uint64_t{0}, Token{"<s>"}}, {std::uint64_t{1}, Token{label}}}},
            .edges = {.id = "edges",
                      .columns = {{"src", "query", Unit::id},
                                  {"dst", "keys", Unit::id},
                                  {"weight", "weight", Unit::real},
                                  {"layer", "layer", Unit::id},
                                  {"head", "head", Unit::id}},
                      .rows = {{std::uint64_t{0}, std::uint64_t{0}, 1.0, std::uint64_t{0}, {}},
                               {std::uint64_t{1}, std::uint64_t{0}, 0.25, std::uint64_t{0}, {}},
                               {std::uint64_t{1}, std::uint64_t{1}, 0.75, std::uint64_t{0}, {}}}}};
}

const OutputRow& output(std::string_view name) { return *std::ranges::find(outputs(), name, &OutputRow::name); }

std::string written(std::string_view name, const Network& network, bool nodes = false) {
    TextSink sink;
    (nodes ? output(name).nodes : output(name).network)(network, sink);
    return sink.text;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Network, is_two_tables_as_csv) {
    EXPECT_EQ(written("csv", two_nodes()), "src,dst,weight,layer,head\n0,0,1.0,0,\n1,0,0.25,0,\n1,1,0.75,0,\n");
    EXPECT_EQ(written("csv", two_nodes(), true), "id,token\n0,<s>\n1, cat\n");
    Network none = two_nodes();
    none.edges.rows.clear();
    EXPECT_EQ(written("csv", none), "src,dst,weight,layer,head\n") << "the line that names columns stays";
}

TEST(Network, is_node_link_data_as_json) {
    const auto json = nlohmann::json::parse(written("json", two_nodes(kEvil)));
    EXPECT_EQ(json["directed"], true);
    EXPECT_EQ(json["graph"]["model"], "evil\n*/ --> \x1b[0m");
    EXPECT_FALSE(json["graph"].contains("nothing"));
    ASSERT_EQ(json["nodes"].size(), 2u);
    EXPECT_EQ(json["nodes"][1]["token"], "a\"b\\c\n</script>&lt;\x1b[31m\xef\xbf\xbd");
    ASSERT_EQ(json["links"].size(), 3u);
    EXPECT_EQ(json["links"][1]["source"], 1);
    EXPECT_EQ(json["links"][1]["target"], 0);
    EXPECT_EQ(json["links"][1]["weight"], 0.25);
    EXPECT_TRUE(json["links"][1]["head"].is_null());
}

TEST(Network, is_a_digraph_for_graphviz) {
    const std::string text = written("graphviz", two_nodes(kEvil));
    EXPECT_TRUE(has(text, "1 -> 0 [label=\"0.250\""));
    EXPECT_TRUE(has(text, "label=\"Layer 0 \\\"mean\\\"\""));
    EXPECT_TRUE(has(text, "1 [label=\"a\\\"b\\\\c⏎</script>&amp;lt;\\\\x1b[31m<0xFF>\"];")) << text;
    EXPECT_TRUE(has(text, "// model: evil\\n*/ --> \\x1b[0m\n")) << "a comment ends with its line";
}

TEST(Network, is_graphml) {
    const std::string text = written("graphml", two_nodes(kEvil + "\xef\xbf\xbf"));
    EXPECT_TRUE(has(text, "<key id=\"edge_weight\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"/>"));
    EXPECT_TRUE(has(text, "attr.name=\"layer\" attr.type=\"long\""));
    EXPECT_TRUE(has(text, "<node id=\"0\"><data key=\"node_token\">&lt;s&gt;</data></node>"));
    EXPECT_TRUE(has(text, "a&quot;b\\c\\n&lt;/script&gt;&amp;lt;\\x1b[31m&lt;0xFF&gt;\xef\xbf\xbd</data>")) << text;
    EXPECT_TRUE(has(text, "<edge source=\"1\" target=\"0\"><data key=\"edge_weight\">0.25</data>"));
    EXPECT_FALSE(has(text, "edge_head\">")) << "what there is not, is left out";
}

TEST(Network, is_a_mermaid_flowchart) {
    const std::string text = written("mermaid", two_nodes(kEvil + "%%{init}`1. x"));
    EXPECT_TRUE(text.starts_with("flowchart LR\n"));
    EXPECT_TRUE(has(text, "n1 -->|0.250| n0\n"));
    EXPECT_TRUE(has(text, "n0[\"#60;s#62;\"]\n"));
    const std::size_t at = text.find("n1[\"");
    const std::string label = text.substr(at + 4, text.find('\n', at) - at - 6);
    for (const char c : label)
        EXPECT_TRUE(std::string_view("\"<>&`%{}[]()|\\.").find(c) == std::string_view::npos) << c << " in " << label;
    EXPECT_TRUE(has(label, "a#34;b#92;c⏎#60;#47;script#62;#38;lt#59;")) << label;
}

TEST(Network, lets_no_control_character_through) {
    for (const OutputRow& row : outputs()) {
        if (row.network == nullptr) continue;
        for (const bool nodes : {false, true}) {
            if (nodes && row.nodes == nullptr) continue;
            const std::string text = written(row.name, two_nodes(kEvil + "\xc2\x9b\xe2\x80\xae"), nodes);
            EXPECT_FALSE(text.empty());
            for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << row.name;
            EXPECT_FALSE(has(text, "\xe2\x80\xae")) << row.name << ": a character that turns the line around";
        }
    }
}

TEST(Network, shows_people_each_node_with_its_strongest_edges) {
    const std::string text = drawn(two_nodes(), {});
    EXPECT_TRUE(has(text, "0 <s>   0 <s> 1.000")) << text;
    EXPECT_TRUE(has(text, "1 ·cat  1 ·cat 0.750   0 <s> 0.250")) << "strongest first\n" << text;
}

TEST(Network, shows_people_no_more_than_they_can_read) {
    Network network = two_nodes();
    for (std::uint64_t i = 0; i < 100; ++i) {
        network.nodes.rows.push_back({i + 2, Token{"t"}});
        for (std::uint64_t j = 0; j < 7; ++j) network.edges.rows.push_back({i + 2, j, .5, std::uint64_t{0}, {}});
    }
    const std::string text = drawn(network, {});
    EXPECT_LT(lines(text).size(), 70u);
    EXPECT_TRUE(has(text, "… 2 more")) << "of seven edges five";
    EXPECT_TRUE(has(text, "… of 102 nodes"));
}

TEST(Network, is_both_tables_for_scripts) {
    Document document{.command = "graph", .blocks = {two_nodes()}};
    const auto result = nlohmann::json::parse(text_of(*find_output("json"), document, {}))["result"];
    EXPECT_EQ(result["nodes"].size(), 2u);
    EXPECT_EQ(result["edges"][2]["dst"], 1);
    document.csv_table = "edges";
    EXPECT_EQ(text_of(*find_output("csv"), document, {}), written("csv", two_nodes()));
}

}  // namespace
}  // namespace attnx::view
