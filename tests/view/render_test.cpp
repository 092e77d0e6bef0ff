#include "attnx/view/outputs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

namespace attnx::view {
namespace {

using nlohmann::json;

Document sample() {
    Document document{.command = "sample"};
    document.model = ModelRef{.path = "m.gguf", .architecture = "arch", .name = "A | B"};
    document.blocks.emplace_back(
        Facts{.title = "Attention",
              .facts = {
                  {.id = "head_count", .label = "heads", .value = 9, .unit = Unit::none},
                  {.id = "kv_bytes",
                   .label = "KV cache",
                   .value = std::uint64_t{47'185'920},
                   .unit = Unit::bytes,
                   .remark = "f16"},
                  {.id = "rope/freq_base", .label = "rope base", .value = 10000.0, .unit = Unit::real},
                  {.id = "window", .label = "window", .value = std::nullopt},
                  {.id = "secret", .label = "secret", .value = "scripts only", .show = Show::scripts},
              }});
    document.blocks.emplace_back(Table{
        .id = "layers",
        .title = "Layers",
        .columns = {{.id = "layer", .label = "layer", .unit = Unit::id},
                    {.id = "name", .label = "name", .shrink = true},
                    {.id = "bytes", .label = "bytes", .unit = Unit::bytes}},
        .rows = {{0, "blk.0.attn_q.weight", std::uint64_t{1024}}, {1, "=cmd|' /C calc'!A0", std::uint64_t{3} << 30}},
        .footer = {std::nullopt, "total", (std::uint64_t{3} << 30) + 1024}});
    document.findings.push_back({FindingId::tensor_gap, "32 bytes unused"});
    return document;
}

std::string failure_json(const Error& error) { return find_output("json")->failure(error); }

std::string render(const char* format, const Document& document, const Surface& surface = {}) {
    return text_of(*find_output(format), document, surface);
}

TEST(RenderTable, aligns_labels_columns_totals_and_ends_with_findings) {
    EXPECT_EQ(render("table", sample()),
              "Attention\n"
              "  heads      9\n"
              "  KV cache   45.0 MiB  f16\n"
              "  rope base  10,000\n"
              "  window     –\n"
              "\n"
              "Layers\n"
              "  layer  name                    bytes\n"
              "  ────────────────────────────────────\n"
              "      0  blk.0.attn_q.weight  1.00 KiB\n"
              "      1  =cmd|' /C calc'!A0   3.00 GiB\n"
              "  ────────────────────────────────────\n"
              "         total                3.00 GiB\n"
              "\n"
              "warning: 32 bytes unused [tensor-gap]\n");
}

TEST(RenderTable, without_unicode_uses_ascii_only) {
    Document document = sample();
    document.blocks.emplace_back(Note{"8 × 2 – 漢 \xF0\x9F\x98\x80"});
    const std::string text = render("table", document, {.unicode = false});
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        << text;
    EXPECT_NE(text.find("8 x 2 - \\u6f22 \\U0001f600"), std::string::npos) << text;
}

TEST(RenderTable, shortens_a_column_that_may_shrink_on_a_narrow_terminal_only) {
    const std::string narrow = render("table", sample(), {.width = 32});
    EXPECT_NE(narrow.find("      0  blk.0.attn_q…  1.00 KiB\n"), std::string::npos) << narrow;
    EXPECT_EQ(render("table", sample(), {.width = 200}), render("table", sample()));
}

TEST(RenderTable, measures_wide_and_combining_characters_in_columns) {
    Document document{.command = "x"};
    document.blocks.emplace_back(Table{.id = "t",
                                       .columns = {{.id = "a", .label = "a"}, {.id = "b", .label = "b"}},
                                       .rows = {{"漢字", "1"}, {"e\xCC\x81", "2"}, {"abcd", "3"}}});
    EXPECT_NE(render("table", document).find("  漢字  1\n  e\xCC\x81     2\n  abcd  3\n"), std::string::npos);
}

TEST(RenderTable, never_lets_a_control_character_through) {
    Document document{.command = "x"};
    const std::string evil =
        "\x1b]0;own\x07\x1b[2J\xC2\x9B"
        "31m\xE2\x80\xAE\xFF";
    document.blocks.emplace_back(
        Facts{.title = evil, .facts = {{.id = "a", .label = evil, .value = evil, .remark = evil}}});
    document.blocks.emplace_back(
        Table{.id = "t", .title = evil, .columns = {{.id = "c", .label = evil}}, .rows = {{evil}}, .footer = {evil}});
    document.blocks.emplace_back(Note{evil});
    document.findings.push_back({FindingId::tensor_gap, evil});
    for (const OutputRow& format : outputs()) {
        if (format.render == nullptr) continue;
        if (format.name == "json") continue;
        const std::string text = text_of(format, document, {});
        for (const char* bad : {"\x1b", "\x07", "\xC2\x9B", "\xE2\x80\xAE", "\xFF"})
            EXPECT_EQ(text.find(bad), std::string::npos) << format.name;
    }
    const std::string text = render("json", document);
    for (const char* bad : {"\x1b", "\x07", "\xC2\x9B", "\xE2\x80\xAE", "\xFF"})
        EXPECT_EQ(text.find(bad), std::string::npos);
    EXPECT_EQ(json::parse(text)["result"]["a"],
              "\x1b]0;own\x07\x1b[2J\xC2\x9B"
              "31m\xE2\x80\xAE\xEF\xBF\xBD");
}

TEST(RenderTable, paints_only_when_the_surface_has_colour) {
    EXPECT_EQ(render("table", sample()).find('\x1b'), std::string::npos);
    const std::string painted = render("table", sample(), {.colour = true});
    EXPECT_NE(painted.find("\x1b[33mwarning\x1b[0m: 32 bytes"), std::string::npos) << painted;
    EXPECT_NE(painted.find("\x1b[1mAttention\x1b[0m\n"), std::string::npos) << painted;
}

TEST(RenderJson, nests_paths_and_keeps_plain_numbers) {
    const json root = json::parse(render("json", sample()));
    EXPECT_EQ(root["schema"], 1);
    EXPECT_EQ(root["command"], "sample");
    EXPECT_EQ(root["model"], (json{{"path", "m.gguf"}, {"architecture", "arch"}, {"name", "A | B"}}));
    const json& result = root["result"];
    EXPECT_EQ(result["kv_bytes"], 47'185'920);
    EXPECT_TRUE(result["kv_bytes"].is_number_integer());
    EXPECT_EQ(result["rope"]["freq_base"], 10000.0);
    EXPECT_TRUE(result["window"].is_null());
    EXPECT_EQ(result["secret"], "scripts only");
    EXPECT_EQ(result["layers"].size(), 2u);
    EXPECT_EQ(result["layers"][1],
              (json{{"layer", 1}, {"name", "=cmd|' /C calc'!A0"}, {"bytes", std::uint64_t{3} << 30}}));
    EXPECT_EQ(root["findings"],
              json::array({{{"id", "tensor-gap"}, {"severity", "warning"}, {"message", "32 bytes unused"}}}));
}

TEST(RenderJson, writes_null_for_what_json_cannot_hold) {
    Document document{.command = "x"};
    const double nan = std::nan("");
    const double infinity = std::numeric_limits<double>::infinity();
    document.blocks.emplace_back(
        Facts{.facts = {{.id = "list", .value = List{nan, infinity, -infinity, 0.5, true, "s", std::nullopt}}}});
    document.blocks.emplace_back(
        Numbers{.id = "maps", .shape = {2, 1, 2}, .rows = rows_of({0.1f, std::nanf(""), 0.0f, 1.0f}, 2)});
    document.blocks.emplace_back(Numbers{.id = "none", .shape = {0, 3}, .rows = rows_of({}, 3)});
    const std::string text = render("json", document);
    const json result = json::parse(text)["result"];
    EXPECT_EQ(result["list"], (json{nullptr, nullptr, nullptr, 0.5, true, "s", nullptr}));
    EXPECT_EQ(result["maps"].size(), 2u);
    EXPECT_TRUE(result["maps"][0][0][1].is_null());
    EXPECT_NE(text.find("[0.1, null]"), std::string::npos) << "a float prints with the digits of a float";
    EXPECT_EQ(result["none"], json::array());
}

TEST(RenderJson, gives_every_number_back_exactly) {
    std::mt19937_64 random(7);
    Document document{.command = "x"};
    std::vector<double> doubles = {0.0, -0.0, 3.0, 1e15, 1e16, 1e300, 5e-324, 0.1};
    std::vector<float> floats = {0.0f, 1e30f, 1e-45f, 0.1f, 16777216.0f};
    while (doubles.size() < 2000)
        if (const double value = std::bit_cast<double>(random()); std::isfinite(value)) doubles.push_back(value);
    while (floats.size() < 2000)
        if (const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random())); std::isfinite(value))
            floats.push_back(value);
    document.blocks.emplace_back(Facts{.facts = {{.id = "doubles", .value = List(doubles.begin(), doubles.end())}}});
    document.blocks.emplace_back(Numbers{.id = "floats", .shape = {2000}, .rows = rows_of(floats, 2000)});
    const json result = json::parse(render("json", document))["result"];
    EXPECT_EQ(result["doubles"].get<std::vector<double>>(), doubles);
    EXPECT_EQ(result["floats"].get<std::vector<float>>(), floats);
}

TEST(RenderJson, addresses_array_elements_by_number) {
    Document document{.command = "x"};
    document.blocks.emplace_back(
        Facts{.facts = {{.id = "rows/0/total", .value = 1}, {.id = "rows/1/total", .value = 2}}});
    document.blocks.emplace_back(Table{.id = "rows/1/layers", .columns = {{.id = "kv/k"}}, .rows = {{7}}});
    EXPECT_EQ(json::parse(render("json", document))["result"],
              json::parse(R"({"rows": [{"total": 1}, {"total": 2, "layers": [{"kv": {"k": 7}}]}]})"));
}

TEST(RenderJson, an_empty_table_is_an_empty_array) {
    Document document{.command = "x"};
    document.blocks.emplace_back(Table{.id = "layers", .columns = {{.id = "a"}}});
    EXPECT_EQ(json::parse(render("json", document))["result"], (json{{"layers", json::array()}}));
}

TEST(RenderJson, refuses_two_values_at_one_path) {
    Document document{.command = "x"};
    document.blocks.emplace_back(Facts{.facts = {{.id = "a", .value = 1}, {.id = "a", .value = 2}}});
    EXPECT_THROW(render("json", document), Error);
}

TEST(RenderErrorJson, carries_code_message_path_and_offset) {
    const Error error(ErrorCode::truncated, "ends \"here\"", Where{"m.gguf", 17, ""});
    EXPECT_EQ(json::parse(failure_json(error))["error"],
              (json{{"code", "truncated"}, {"message", "ends \"here\""}, {"path", "m.gguf"}, {"offset", 17}}));
    const json bare = json::parse(failure_json(Error(ErrorCode::usage, "what?")));
    EXPECT_TRUE(bare["error"]["path"].is_null());
    EXPECT_TRUE(bare["error"]["offset"].is_null());
}

TEST(RenderCsv, prints_the_first_table_with_its_ids_and_guards_formulas) {
    EXPECT_EQ(render("csv", sample()),
              "layer,name,bytes\n"
              "0,blk.0.attn_q.weight,1024\n"
              "1,'=cmd|' /C calc'!A0,3221225472\n");
}

TEST(RenderCsv, quotes_and_doubles_quotes) {
    Document document{.command = "x"};
    document.blocks.emplace_back(Table{.id = "t",
                                       .columns = {{.id = "a"}, {.id = "b"}},
                                       .rows = {{"x,\"y\"", -1}, {"+1", std::nullopt}, {"\tx", List{1, 2}}}});
    EXPECT_EQ(render("csv", document), "a,b\n\"x,\"\"y\"\"\",-1\n'+1,\n'\\tx,1 2\n");
}

TEST(RenderCsv, makes_one_row_of_facts_or_one_per_index) {
    Document document{.command = "x"};
    document.blocks.emplace_back(Facts{.facts = {{.id = "rows/0/a", .value = 1},
                                                 {.id = "rows/1/a", .value = 2},
                                                 {.id = "rows/1/b", .value = 3},
                                                 {.id = "z", .value = 9}}});
    EXPECT_EQ(render("csv", document), "a,b\n1,\n2,3\n") << "rows is the convention for several answers";
    document.csv_table = "rows";
    EXPECT_EQ(render("csv", document), "a,b\n1,\n2,3\n");
    Document facts = sample();
    facts.blocks.pop_back();
    EXPECT_EQ(render("csv", facts),
              "head_count,kv_bytes,rope/freq_base,window,secret\n9,47185920,10000.0,,scripts only\n");
}

TEST(RenderJsonl, has_an_object_on_a_line_for_each_row_of_the_main_table) {
    EXPECT_EQ(render("jsonl", sample()),
              "{\"layer\": 0, \"name\": \"blk.0.attn_q.weight\", \"bytes\": 1024}\n"
              "{\"layer\": 1, \"name\": \"=cmd|' /C calc'!A0\", \"bytes\": 3221225472}\n");
    Document numbers{.command = "x", .csv_table = "maps"};
    numbers.blocks.emplace_back(
        Numbers{.id = "maps", .shape = {2, 1, 2}, .rows = rows_of({0.5f, std::nanf(""), 0, 1}, 2), .first = {4, 0, 0}});
    EXPECT_EQ(render("jsonl", numbers),
              "{\"i0\": 4, \"i1\": 0, \"values\": [0.5, null]}\n{\"i0\": 5, \"i1\": 0, \"values\": [0, 1]}\n");
    Document evil{.command = "x"};
    evil.blocks.emplace_back(
        Table{.id = "t", .columns = {{.id = "a"}, {.id = "b"}}, .rows = {{"\n\"\x1b", List{1, 2}}}});
    const std::string line = render("jsonl", evil);
    EXPECT_EQ(json::parse(line), (json{{"a", "\n\"\x1b"}, {"b", {1, 2}}}));
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(RenderMarkdown, escapes_what_would_be_markup) {
    Document document{.command = "x"};
    document.blocks.emplace_back(Table{.id = "t",
                                       .columns = {{.id = "a", .label = "a|b"}, {.id = "n", .label = "n"}},
                                       .rows = {{"attn_q `x` <b> _y_", 1}}});
    EXPECT_EQ(render("markdown", document), "| a\\|b | n |\n|---|---:|\n| attn_q \\`x\\` \\<b> \\_y\\_ | 1 |\n");
}

TEST(Outputs, are_found_by_name_and_by_ending) {
    EXPECT_EQ(find_output("yaml"), nullptr);
    EXPECT_EQ(find_output(""), nullptr);
    std::set<std::string_view> names, endings;
    for (const OutputRow& row : outputs()) {
        EXPECT_EQ(find_output(row.name), row.render == nullptr ? nullptr : &row) << row.name;
        EXPECT_EQ(output_of_file("a/b" + std::string(row.ending)), &row) << row.name;
        EXPECT_TRUE(row.render != nullptr || row.stream != nullptr || row.network != nullptr || row.picture != nullptr)
            << row.name << " writes nothing";
        EXPECT_TRUE(!row.one_shape || row.stream != nullptr) << row.name;
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_TRUE(endings.insert(row.ending).second) << row.ending;
        EXPECT_TRUE(row.ending.starts_with('.')) << row.name;
    }
    EXPECT_EQ(output_of_file("a.json/b"), nullptr);
    EXPECT_TRUE(default_output().on_terminal);
}

}  // namespace
}  // namespace attnx::view
