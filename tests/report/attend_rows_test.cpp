// What is drawn and listed of rows written by hand: the first token left out, scaled or not, weighted by what is moved.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "attnx/report/attend.h"
#include "attnx/view/outputs.h"

namespace attnx::report {
namespace {

using nlohmann::json;

// Two heads of three tokens: the pattern of docs/known-answers.md without its last row, and uniform attention.
std::shared_ptr<study::Attended> by_hand() {
    const auto attended = std::make_shared<study::Attended>();
    const std::vector<float> pattern = {1, 0, 0, .5f, .5f, 0, .2f, .3f, .5f};
    const std::vector<float> uniform = {1, 0, 0, .5f, .5f, 0, 1 / 3.f, 1 / 3.f, 1 / 3.f};
    trace::AttentionMap map;
    map.store({0, 0, 0, 3, 3, pattern});
    map.store({0, 1, 0, 3, 3, uniform});
    attended->maps.emplace(0, std::move(map));
    attended->heads = {{0, {0, 1}}};
    attended->metrics[0].resize(2);
    for (const char* piece : {"<s>", " a", " b"}) attended->tokens.push_back({0, piece, false});
    attended->prompt_tokens = 3;
    return attended;
}

model::ModelSpec one_layer() {
    model::ModelSpec spec;
    spec.layers.resize(1);
    spec.layers[0].head_count = spec.layers[0].head_count_kv = 2;
    return spec;
}

view::Document shown(const std::shared_ptr<study::Attended>& attended, const DrawnMap& drawn, std::uint32_t top = 0) {
    AttendOptions options;
    options.drawn = drawn;
    options.layers = options.maps = true;
    options.top = top;
    return attend({}, one_layer(), attended, options);
}

json result_of(const view::Document& document) {
    return json::parse(view::text_of(*view::find_output("json"), document, {}))["result"];
}

view::Matrix matrix_of(const view::Document& document) {
    for (const view::Block& block : document.blocks)
        if (const auto* matrix = std::get_if<view::Matrix>(&block)) return *matrix;
    ADD_FAILURE() << "nothing is drawn";
    return {};
}

std::vector<float> row_of(const view::Matrix& matrix, std::uint64_t row) {
    const view::RowValues values = matrix.values(row);
    return {values.begin(), values.end()};
}

TEST(AttendRows, lists_the_heaviest_keys_the_earlier_first_and_none_that_is_masked) {
    const json top = result_of(shown(by_hand(), {.head = 0}, 2))["top"];
    ASSERT_EQ(top.size(), 3u);
    EXPECT_EQ(top[0]["targets"].size(), 1u) << "the first token sees itself alone";
    EXPECT_EQ(top[1]["targets"][0]["key"], 0) << "of two halves the earlier";
    EXPECT_EQ(top[2]["targets"][0]["key"], 2);
    EXPECT_EQ(top[2]["targets"][1]["key"], 1);
    EXPECT_FLOAT_EQ(top[2]["targets"][1]["weight"].get<float>(), .3f);
    EXPECT_EQ(top[2]["layer"], 0);
    EXPECT_EQ(top[2]["head"], 0);
    EXPECT_EQ(top[2]["query"], 2);
}

TEST(AttendRows, lists_the_mean_of_heads_unless_one_is_asked_for) {
    const json top = result_of(shown(by_hand(), {}, 1))["top"];
    EXPECT_TRUE(top[2]["head"].is_null());
    EXPECT_NEAR(top[2]["targets"][0]["weight"].get<double>(), (.5 + 1 / 3.) / 2, 1e-6);
}

TEST(AttendRows, leaves_the_first_token_out_and_scales_nothing_unless_asked) {
    const view::Document left_out = shown(by_hand(), {.head = 0, .changes = {.drop_first = true}}, 3);
    const view::Matrix matrix = matrix_of(left_out);
    EXPECT_EQ(matrix.columns.size, 2u);
    EXPECT_EQ(matrix.rows.size, 3u);
    ASSERT_EQ(row_of(matrix, 2).size(), 2u);
    EXPECT_FLOAT_EQ(row_of(matrix, 2)[0], .3f);
    EXPECT_TRUE(std::isnan(row_of(matrix, 0)[1])) << "masked";
    const json result = result_of(left_out);
    EXPECT_TRUE(result["top"][0]["targets"].empty());
    EXPECT_EQ(result["top"][2]["targets"].size(), 2u);
    EXPECT_EQ(result["layers"][0]["weights"][0][2].size(), 3u) << "scripts get the maps as they are";

    const view::Matrix scaled =
        matrix_of(shown(by_hand(), {.head = 0, .changes = {.drop_first = true, .renormalise = true}}));
    EXPECT_FLOAT_EQ(row_of(scaled, 2)[0], .3f / .8f);
    EXPECT_FLOAT_EQ(row_of(scaled, 2)[1], .5f / .8f);
    EXPECT_TRUE(std::isnan(row_of(scaled, 0)[0]) || row_of(scaled, 0)[0] == 0) << "nothing is left to scale";
}

TEST(AttendRows, weighs_by_the_length_of_what_is_moved) {
    const auto attended = by_hand();
    attended->moved_norms[0] = {.heads = 2, .tokens = 3, .values = {0, 2, 4, 1, 1, 1}};
    const view::Document document = shown(attended, {.head = 0, .changes = {.value_weighted = true}}, 1);
    const std::vector<float> row = row_of(matrix_of(document), 2);
    EXPECT_FLOAT_EQ(row[0], 0);
    EXPECT_FLOAT_EQ(row[1], .6f);
    EXPECT_FLOAT_EQ(row[2], 2);
    EXPECT_FALSE(matrix_of(document).shading.range) << "these are no shares of 1";
    const json result = result_of(document);
    EXPECT_FLOAT_EQ(result["layers"][0]["value_weighted"][0][2][1].get<float>(), .6f);
    EXPECT_FLOAT_EQ(result["layers"][0]["weights"][0][2][1].get<float>(), .3f);
    EXPECT_EQ(result["top"][1]["targets"][0]["key"], 1) << "the first token is as heavy, but moves nothing";
}

// Rows for two tokens each: none while the first query is alone, one afterwards.
TEST(AttendRows, tells_the_weights_of_compressed_rows_apart) {
    const auto attended = by_hand();
    const std::vector<float> first = {.6f}, later = {.3f, .2f, 0, .1f, .2f, .3f}, rows = {.25f, .5f};
    trace::AttentionMap map;
    map.store({.layer = 0, .head = 0, .first_query = 0, .query_count = 1, .key_count = 1, .weights = first});
    map.store({.layer = 0,
               .head = 0,
               .first_query = 1,
               .query_count = 2,
               .key_count = 3,
               .weights = later,
               .compressed_count = 1,
               .compressed = rows});
    attended->maps[0] = std::move(map);
    attended->heads[0] = {0};
    model::ModelSpec spec = one_layer();
    spec.layers[0].compress_ratio = 2;
    spec.layers[0].indexer = true;
    AttendOptions options;
    options.layers = options.maps = true;
    const view::Document document = attend({}, spec, attended, options);
    const json layer = result_of(document)["layers"][0];
    EXPECT_EQ(layer["indexer"], true);
    EXPECT_EQ(layer["compressed"], json::parse("[[[0], [0.25], [0.5]]]"));
    EXPECT_EQ(result_of(shown(by_hand(), {.head = 0}))["layers"][0].count("compressed"), 0U);
    EXPECT_TRUE(std::ranges::any_of(document.blocks, [](const view::Block& block) {
        const auto* note = std::get_if<view::Note>(&block);
        return note != nullptr && note->text.find("missing from their sums") != std::string::npos;
    }));
}

TEST(AttendRows, draws_a_rollout_in_the_place_of_the_map) {
    const auto attended = by_hand();
    attended->rollout[0] = {1, 0, 0, .25f, .75f, 0, .1f, .2f, .7f};
    const view::Document document = shown(attended, {.rollout = true});
    EXPECT_EQ(row_of(matrix_of(document), 2), (std::vector<float>{.1f, .2f, .7f}));
    EXPECT_NE(matrix_of(document).title.find("Rollout up to layer 0"), std::string::npos);
    const json rollout = result_of(document)["rollout"];
    EXPECT_EQ(rollout[0]["layer"], 0);
    EXPECT_FLOAT_EQ(rollout[0]["matrix"][1][1].get<float>(), .75f);
}

}  // namespace
}  // namespace attnx::report
