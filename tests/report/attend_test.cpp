// What is drawn and measured is what was run: models without a mask, though no key says so.
#include "attnx/report/attend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/model_case.h"
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
    question.threads = 2;
    r.attended = study::attend(file, r.spec, {tokens, nullptr}, question);
    return r;
}

view::Heatmap drawn(const Ran& r, std::uint32_t layer) {
    AttendOptions options;
    options.drawn = DrawnMap{layer, std::nullopt, view::Scale::linear};
    for (const view::Block& block :
         attend({}, r.spec, std::make_shared<const study::Attended>(r.attended), options).blocks)
        if (const auto* map = std::get_if<view::Heatmap>(&block)) return *map;
    return {};
}

std::size_t blank(const view::Heatmap& map) {
    return static_cast<std::size_t>(std::ranges::count_if(map.values, [](float v) { return std::isnan(v); }));
}

class Encoder : public testing::TestWithParam<const char*> {};

TEST_P(Encoder, without_the_causal_key_is_drawn_whole_and_measured_against_all_keys) {
    const auto path = std::string_view(GetParam()) == "bert"
                          ? test::golden_dir() / "attention/bert.json"
                          : test::committed_cases() / (std::string(GetParam()) + ".json");
    const auto bytes = test::golden_model_bytes(path, test::Weights::real);
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    ASSERT_EQ(file.metadata().find(std::string(GetParam()) + ".attention.causal"), nullptr);
    const Ran r = run(file, {30, 63, 49, 17, 41, 3});
    EXPECT_FALSE(r.spec.causal);
    ASSERT_FALSE(r.attended.maps.empty());
    for (const auto& [layer, map] : r.attended.maps) {
        const view::Heatmap drawing = drawn(r, layer);
        ASSERT_EQ(drawing.values.size(), 36u);
        EXPECT_EQ(blank(drawing), 0u);
        for (std::size_t i = 0; i < 6; ++i) {
            double row = 0;
            for (std::size_t j = 0; j < 6; ++j) row += static_cast<double>(drawing.values[i * 6 + j]);
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

}  // namespace
}  // namespace attnx::report
