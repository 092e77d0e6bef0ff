// What is drawn and measured is what was run: models without a mask, though no key says so.
#include "attnx/report/attend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/tiny_model.h"

namespace attnx::report {
namespace {

struct Ran {
    model::ModelSpec spec;
    study::Attended attended;
};

Ran run(const gguf::File& file, const std::vector<std::uint32_t>& tokens) {
    Ran r{model::build_spec(file), {}};
    study::Question question;
    for (const auto& [layer, heads] : study::all_heads(r.spec)) question.maps.insert(layer);
    question.run.threads = 2;
    r.attended = study::attend(file, r.spec, {tokens, nullptr}, question);
    return r;
}

view::Document drawing(const Ran& r, const DrawnMap& drawn) {
    AttendOptions options;
    options.drawn = drawn;
    options.curves = true;
    return attend({}, r.spec, std::make_shared<const study::Attended>(r.attended), options);
}

template <class Block>
std::optional<Block> block_of(const view::Document& document) {
    for (const view::Block& block : document.blocks)
        if (const auto* found = std::get_if<Block>(&block)) return *found;
    return std::nullopt;
}

std::vector<float> numbers(const view::RowSource& rows, std::uint64_t count) {
    std::vector<float> values;
    for (std::uint64_t row = 0; row < count; ++row) {
        const view::RowValues run = rows(row);
        values.insert(values.end(), run.begin(), run.end());
    }
    return values;
}

std::vector<float> drawn(const Ran& r, std::uint32_t layer) {
    const auto matrix = block_of<view::Matrix>(drawing(r, {layer, std::nullopt, view::Scale::linear}));
    return matrix ? numbers(matrix->values, matrix->rows.size) : std::vector<float>();
}

std::size_t blank(const std::vector<float>& values) {
    return static_cast<std::size_t>(std::ranges::count_if(values, [](float v) { return std::isnan(v); }));
}

class Encoder : public testing::TestWithParam<const char*> {};

TEST_P(Encoder, without_the_causal_key_is_drawn_whole_and_measured_against_all_keys) {
    const auto bytes = test::golden_model_bytes(test::golden_path(GetParam()), test::Weights::real);
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    ASSERT_EQ(file.metadata().find(std::string(GetParam()) + ".attention.causal"), nullptr);
    const Ran r = run(file, {30, 63, 49, 17, 41, 3});
    EXPECT_FALSE(r.spec.causal);
    ASSERT_FALSE(r.attended.maps.empty());
    for (const auto& [layer, map] : r.attended.maps) {
        const std::vector<float> values = drawn(r, layer);
        ASSERT_EQ(values.size(), 36u);
        EXPECT_EQ(blank(values), 0u);
        for (std::size_t i = 0; i < 6; ++i) {
            double row = 0;
            for (std::size_t j = 0; j < 6; ++j) row += static_cast<double>(values[i * 6 + j]);
            EXPECT_NEAR(row, 1.0, 1e-5) << "nothing of row " << i << " is left out";
        }
        for (const analysis::HeadMetrics& head : r.attended.metrics.at(layer))
            EXPECT_LE(head.value(analysis::attention_metric("relative_entropy")), 1.0 + 1e-9);
    }
}

INSTANTIATE_TEST_SUITE_P(Of, Encoder, testing::Values("bert", "t5encoder", "neo-bert", "eurobert"));

TEST(Drawing, of_a_causal_model_leaves_later_keys_blank) {
    const auto bytes = test::TinyModel{}.bytes();
    const Ran r = run(gguf::File::from_bytes(bytes, "m.gguf"), {1, 2, 3, 4});
    EXPECT_EQ(blank(drawn(r, 1)), 6u);
}

TEST(Drawing, leaves_keys_outside_the_window_blank) {
    auto model = test::TinyModel{.architecture = "gemma2"};
    model.extra_keys = {{"attention.sliding_window", 2u}};
    const auto bytes = model.bytes();
    const Ran r = run(gguf::File::from_bytes(bytes, "m.gguf"), {1, 2, 3, 4});
    EXPECT_EQ(blank(drawn(r, 0)), 9u) << "the first layer slides: 1 + 2 + 2 + 2 of 16 keys are seen";
    EXPECT_EQ(blank(drawn(r, 1)), 6u);
}

TEST(Drawing, has_a_panel_for_each_head_looked_at) {
    const auto bytes = test::TinyModel{}.bytes();
    Ran r = run(gguf::File::from_bytes(bytes, "m.gguf"), {1, 2, 3, 4});
    ASSERT_GE(r.attended.heads[1].size(), 2u);
    r.attended.heads[1] = {1};
    r.attended.heads[0] = {1, 0};
    const auto grid = block_of<view::Grid>(drawing(r, {.layer = 0, .grid = true}));
    ASSERT_TRUE(grid);
    EXPECT_EQ(grid->panels.size, 2u);
    const std::vector<float> values = numbers(grid->values, 2 * 4);
    EXPECT_EQ(blank(values), 2 * 6u) << "later keys, in each panel";
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
            EXPECT_EQ(values[i * 4 + j], r.attended.maps.at(0).row(1, static_cast<std::uint32_t>(i))[j]);
            EXPECT_EQ(values[16 + i * 4 + j], r.attended.maps.at(0).row(0, static_cast<std::uint32_t>(i))[j]);
        }
    EXPECT_EQ(block_of<view::Grid>(drawing(r, {.layer = 1, .grid = true}))->panels.size, 1u);
}

TEST(Drawing, of_curves_has_the_means_of_the_heads_of_each_layer) {
    const auto bytes = test::TinyModel{}.bytes();
    const Ran r = run(gguf::File::from_bytes(bytes, "m.gguf"), {1, 2, 3, 4});
    const auto curves = block_of<view::Curves>(drawing(r, {.layer = 0}));
    ASSERT_TRUE(curves);
    ASSERT_EQ(curves->series.size(), 3u);
    EXPECT_EQ(curves->axis.size, r.attended.metrics.size());
    double self = 0;  // of layer 1: the mean over heads and queries of A[i][i]
    const trace::AttentionMap& map = r.attended.maps.at(1);
    for (std::uint32_t head = 0; head < map.heads(); ++head)
        for (std::uint32_t i = 0; i < 4; ++i) self += static_cast<double>(map.row(head, i)[i]) / (4.0 * map.heads());
    EXPECT_EQ(curves->series[2].id, "self");
    EXPECT_NEAR(std::get<double>(curves->series[2].values[1].value), self, 1e-12);
}

}  // namespace
}  // namespace attnx::report
