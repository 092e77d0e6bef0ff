#include "attnx/analysis/eviction.h"

#include <gtest/gtest.h>

#include <vector>

namespace attnx::analysis {
namespace {

model::ModelSpec spec_of_layers(std::uint32_t layers, std::uint32_t heads) {
    model::ModelSpec spec;
    for (std::uint32_t i = 0; i < layers; ++i) {
        model::LayerSpec layer;
        layer.index = i;
        layer.head_count = layer.head_count_kv = heads;
        spec.layers.push_back(layer);
    }
    return spec;
}

// Row i: the same weight on each of its i + 1 keys.
std::vector<float> even_map(std::uint32_t tokens) {
    std::vector<float> weights(std::size_t{tokens} * tokens);
    for (std::uint32_t i = 0; i < tokens; ++i)
        for (std::uint32_t j = 0; j <= i; ++j) weights[i * tokens + j] = 1.0F / static_cast<float>(i + 1);
    return weights;
}

// Row i: all weight on key 1, or on key 0 where there is none.
std::vector<float> map_of_second_key(std::uint32_t tokens) {
    std::vector<float> weights(std::size_t{tokens} * tokens);
    for (std::uint32_t i = 0; i < tokens; ++i) weights[i * tokens + (i == 0 ? 0 : 1)] = 1;
    return weights;
}

TEST(Eviction, loses_what_is_neither_first_nor_last) {
    constexpr std::uint32_t kTokens = 8;
    const std::vector<std::uint32_t> windows = {2, 5, 100};
    EvictionSink sink(spec_of_layers(2, 2), kTokens, 1, windows);
    const std::vector<float> even = even_map(kTokens), second = map_of_second_key(kTokens);
    for (const std::uint32_t layer : {0U, 1U})
        for (const std::uint32_t head : {0U, 1U}) {
            const std::vector<float>& map = layer == 1 && head == 0 ? second : even;
            // In two parts, as a pass tells them.
            sink.attention_at_once({.layer = layer,
                                    .head = head,
                                    .first_query = 0,
                                    .query_count = 5,
                                    .key_count = kTokens,
                                    .weights = std::span(map).first(5 * kTokens)});
            sink.attention_at_once({.layer = layer,
                                    .head = head,
                                    .first_query = 5,
                                    .query_count = 3,
                                    .key_count = kTokens,
                                    .weights = std::span(map).subspan(5 * kTokens)});
        }
    const std::vector<Eviction> told = sink.result();
    ASSERT_EQ(told.size(), 3u);
    // Of the i + 1 keys of row i the first one and the last two stay.
    double even_lost = 0;
    for (int i = 3; i < 8; ++i) even_lost += (i - 2.0) / (i + 1) / 8;
    const double second_lost = 5.0 / 8;  // key 1 is gone from query 3 on
    EXPECT_EQ(told[0].sinks, 1u);
    EXPECT_EQ(told[0].window, 2u);
    EXPECT_NEAR(told[0].kept_share, 3.0 / 8, 1e-12);
    EXPECT_NEAR(told[0].mass_lost_mean, (3 * even_lost + second_lost) / 4, 1e-6);
    EXPECT_EQ(told[0].worst.layer, 1u);
    EXPECT_EQ(told[0].worst.head, 0u);
    EXPECT_NEAR(told[0].worst.mass_lost, second_lost, 1e-6);
    EXPECT_NEAR(told[1].worst.mass_lost, 2.0 / 8, 1e-6);
    EXPECT_EQ(told[2].kept_share, 1);
    EXPECT_EQ(told[2].mass_lost_mean, 0);
}

TEST(Eviction, is_not_of_layers_that_do_not_attend) {
    model::ModelSpec spec = spec_of_layers(2, 1);
    spec.layers[0].kind = model::LayerKind::mamba2;
    EvictionSink sink(spec, 4, 0, std::vector<std::uint32_t>{1});
    EXPECT_FALSE(sink.wants_attention_at_once(0));
    EXPECT_TRUE(sink.wants_attention_at_once(1));
}

}  // namespace
}  // namespace attnx::analysis
