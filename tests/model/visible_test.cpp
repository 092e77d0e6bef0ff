#include "attnx/model/visible.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace attnx::model {
namespace {

// As the mask would show it, cell by cell: a window reaches back, a symmetric one both ways (llama-hparams.h,
// is_masked_swa).
bool seen_by_hand(const Mask& mask, std::int64_t query, std::int64_t key) {
    const std::int64_t size = mask.window.size;
    if (mask.causal && key > query) return false;
    switch (mask.window.type) {
        case WindowType::none: return true;
        case WindowType::standard: return query - key < size;
        case WindowType::chunked: return key >= query / size * size;
        case WindowType::symmetric: return std::abs(query - key) <= size / 2;
    }
    return false;
}

std::vector<Mask> masks() {
    std::vector<Mask> all;
    for (const bool causal : {true, false}) {
        all.push_back({causal, {}});
        for (const WindowType type : {WindowType::standard, WindowType::chunked, WindowType::symmetric})
            for (const std::uint32_t size : {1u, 2u, 5u, 6u}) all.push_back({causal, {type, size}});
    }
    return all;
}

TEST(VisibleKeys, are_those_of_the_mask_cell_by_cell) {
    for (const Mask& mask : masks())
        for (const std::int64_t tokens : {1, 2, 4, 5, 7, 12, 33}) {
            SCOPED_TRACE(testing::Message() << to_string(mask.window.type) << " " << mask.window.size << " causal "
                                            << mask.causal << " tokens " << tokens);
            double pairs = 0;
            for (std::int64_t query = 0; query < tokens; ++query) {
                const KeyRange keys =
                    visible_keys(mask, static_cast<std::uint64_t>(query), static_cast<std::uint64_t>(tokens));
                std::uint64_t count = 0;
                for (std::int64_t key = 0; key < tokens; ++key) {
                    EXPECT_EQ(keys.contains(static_cast<std::uint64_t>(key)), seen_by_hand(mask, query, key))
                        << query << " " << key;
                    count += seen_by_hand(mask, query, key);
                }
                EXPECT_EQ(keys.count(), count) << query;
                pairs += static_cast<double>(count);
            }
            EXPECT_EQ(visible_pairs(mask, static_cast<std::uint64_t>(tokens)), pairs);
        }
}

TEST(VisibleKeys, of_a_window_without_a_size_are_all) {
    for (const WindowType type : {WindowType::standard, WindowType::chunked, WindowType::symmetric}) {
        EXPECT_EQ(visible_keys({true, {type, 0}}, 6, 9).count(), 7u);
        EXPECT_EQ(visible_pairs({false, {type, 0}}, 9), 81.0);
    }
}

TEST(VisiblePairs, of_no_tokens_are_none) {
    for (const Mask& mask : masks()) EXPECT_EQ(visible_pairs(mask, 0), 0.0);
}

TEST(Mask, has_the_model_s_window_only_where_the_layer_slides) {
    ModelSpec spec;
    spec.causal = false;
    spec.window = {WindowType::symmetric, 128};
    LayerSpec layer;
    EXPECT_EQ(mask_of(spec, layer).window.type, WindowType::none);
    EXPECT_FALSE(mask_of(spec, layer).causal);
    layer.sliding = true;
    EXPECT_EQ(mask_of(spec, layer).window.size, 128u);
}

TEST(Attends, only_what_computes_a_softmax_over_keys) {
    LayerSpec layer;
    layer.head_count = 4;
    layer.head_count_kv = 2;
    for (const auto& [kind, expected] : {std::pair{LayerKind::attention, true},
                                         {LayerKind::mla, true},
                                         {LayerKind::attention_and_mamba2, true},
                                         {LayerKind::mamba2, false},
                                         {LayerKind::short_conv, false},
                                         {LayerKind::feed_forward, false},
                                         {LayerKind::linear, false},
                                         {LayerKind::convolution, false}}) {
        layer.kind = kind;
        EXPECT_EQ(attends(layer), expected) << to_string(kind);
    }
    layer.kind = LayerKind::attention;
    layer.head_count_kv = 0;
    EXPECT_FALSE(attends(layer));
}

}  // namespace
}  // namespace attnx::model
