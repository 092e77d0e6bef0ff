#include "../../src/report/geometry.h"

#include <gtest/gtest.h>

namespace attnx::report {
namespace {

using model::LayerKind;
using model::LayerSpec;
using model::ModelSpec;

LayerSpec layer_of(std::uint32_t index, std::uint32_t heads, std::uint32_t kv_heads) {
    LayerSpec layer;
    layer.index = index;
    layer.head_count = heads;
    layer.head_count_kv = kv_heads;
    return layer;
}

ModelSpec spec_with(std::vector<LayerSpec> layers) {
    ModelSpec spec;
    spec.layers = std::move(layers);
    return spec;
}

TEST(AttentionKind, follows_the_heads_of_layers_that_attend) {
    EXPECT_EQ(attention_kind(spec_with({layer_of(0, 8, 8)})), "MHA");
    EXPECT_EQ(attention_kind(spec_with({layer_of(0, 8, 2)})), "GQA");
    EXPECT_EQ(attention_kind(spec_with({layer_of(0, 8, 1)})), "MQA");
    EXPECT_EQ(attention_kind(spec_with({layer_of(0, 8, 8), layer_of(1, 8, 2)})), "mixed");
    auto state = layer_of(0, 8, 8);
    state.kind = LayerKind::mamba2;
    EXPECT_EQ(attention_kind(spec_with({state})), "none");
    EXPECT_EQ(attention_kind(spec_with({state, layer_of(1, 8, 2)})), "GQA") << "its heads are nobody's";
    auto latent = layer_of(0, 8, 1);
    latent.kind = LayerKind::mla;
    EXPECT_EQ(attention_kind(spec_with({latent})), "MLA");
}

TEST(RangeText, leaves_out_layers_that_do_not_attend) {
    auto none = layer_of(0, 0, 0);
    none.kind = LayerKind::feed_forward;
    EXPECT_EQ(range_text(spec_with({none}), &LayerSpec::head_count), "–");
    EXPECT_EQ(range_text(spec_with({none, layer_of(1, 8, 2)}), &LayerSpec::head_count), "8");
    EXPECT_EQ(range_text(spec_with({layer_of(0, 16, 2), layer_of(1, 8, 2)}), &LayerSpec::head_count), "8 to 16");
}

TEST(GqaRatio, is_nothing_without_kv_heads) {
    EXPECT_EQ(gqa_ratio(layer_of(0, 8, 2)), 4.0);
    EXPECT_EQ(gqa_ratio(layer_of(0, 8, 0)), std::nullopt);
}

TEST(Uniform, is_nothing_where_layers_differ) {
    EXPECT_EQ(uniform(spec_with({layer_of(0, 8, 2), layer_of(1, 8, 1)}), &LayerSpec::head_count), 8U);
    EXPECT_EQ(uniform(spec_with({layer_of(0, 8, 2), layer_of(1, 8, 1)}), &LayerSpec::head_count_kv), std::nullopt);
    EXPECT_EQ(uniform(spec_with({}), &LayerSpec::head_count), std::nullopt);
}

}  // namespace
}  // namespace attnx::report
