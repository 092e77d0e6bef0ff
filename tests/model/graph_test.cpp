#include "attnx/model/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/gguf_builder.h"
#include "support/tiny_model.h"

namespace attnx::model {
namespace {

Graph graph_of(const std::vector<std::byte>& bytes) {
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    return build_graph(file, build_spec(file));
}

TEST(ExecutableArchitectures, are_named_once) {
    const auto names = executable_architectures();
    EXPECT_GE(names.size(), 121u);
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(BuildGraph, of_llama_scales_by_the_head_and_rotates_neighbours) {
    const Graph graph = graph_of(test::TinyModel{}.bytes());
    ASSERT_EQ(graph.layers.size(), 2u);
    const auto& attention = graph.layers[1].attention;
    EXPECT_FLOAT_EQ(attention.score_scale, 1.0F / std::sqrt(8.0F));
    ASSERT_TRUE(attention.rope.has_value());
    EXPECT_EQ(attention.rope->type, RopeType::norm);
    EXPECT_EQ(attention.rope->dimensions, 8u);
    EXPECT_TRUE(attention.causal);
    EXPECT_EQ(graph.layers[1].weights_of, 1u);
}

// YaRN's own length factor, 1 + 0.1 ln 4, is applied by the rope itself: nothing is left for the magnitude.
TEST(BuildGraph, leaves_yarn_s_length_to_the_rope) {
    auto model = test::TinyModel{};
    model.extra_keys = {{"rope.scaling.type", "yarn"}, {"rope.scaling.factor", 4.0F}};
    const auto rope = *graph_of(model.bytes()).layers[0].attention.rope;
    EXPECT_FLOAT_EQ(rope.scale, 0.25F);
    EXPECT_FLOAT_EQ(rope.extrapolation, 1.0F);
    EXPECT_NEAR(rope.magnitude, 1.0F, 1e-6);
}

TEST(BuildGraph, runs_the_layers_of_a_looping_model_again) {
    auto model = test::TinyModel{.architecture = "nanbeige"};
    model.extra_keys = {{"num_loops", 3u}};
    const Graph graph = graph_of(model.bytes());
    ASSERT_EQ(graph.layers.size(), 6u);
    EXPECT_EQ(graph.layers[4].weights_of, 0u);
    EXPECT_TRUE(graph.layers[1].norm_after);
    EXPECT_TRUE(graph.layers[3].norm_after);
    EXPECT_FALSE(graph.layers[5].norm_after);
}

TEST(BuildGraph, refuses_scaling_it_does_not_know) {
    auto model = test::TinyModel{};
    model.extra_keys = {{"rope.scaling.type", "spiral"}};
    try {
        graph_of(model.bytes());
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::bad_value);
    }
}

}  // namespace
}  // namespace attnx::model
