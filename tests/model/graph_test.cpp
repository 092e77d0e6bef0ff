#include "attnx/model/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "attnx/base/error.h"
#include "attnx/model/arch.h"
#include "attnx/model/build.h"
#include "support/gguf_builder.h"
#include "support/tiny_model.h"

namespace attnx::model {
namespace {

Graph graph_of(const std::vector<std::byte>& bytes) {
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    return build_graph(file, build_spec(file));
}

// Recurrent models, drafters, projectors, what llama.cpp does not load, and mechanisms still missing.
TEST(ExecutableArchitectures, are_all_but_these) {
    const std::set<std::string_view> refused = {"arwkv7",     "clip",  "dflash",          "eagle3", "gemma4-assistant",
                                                "gptj",       "mamba", "mamba2",          "rwkv6",  "rwkv7",
                                                "rwkv6qwen2", "t5",    "wavtokenizer-dec"};
    std::vector<std::string_view> expected;
    for (const KnownArchitecture& row : known_architectures())
        if (!refused.contains(row.name)) expected.push_back(row.name);
    std::ranges::sort(expected);
    EXPECT_EQ(executable_architectures(), expected);
}

TEST(BuildGraph, says_why_an_architecture_is_not_executed) {
    try {
        graph_of(test::TinyModel{.architecture = "gptj"}.bytes());
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::unsupported);
        EXPECT_EQ(e.message(), "gptj is not executed: llama.cpp loads no such model");
    }
}

// By the one rule for keys: used where it can be, and said once, by the specification.
TEST(BuildGraph, takes_a_key_of_another_type_as_the_specification_does) {
    auto model = test::TinyModel{.architecture = "mpt"};
    model.extra_keys = {{"attention.max_alibi_bias", 4u}};
    const auto bytes = model.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    const ModelSpec spec = build_spec(file);
    EXPECT_EQ(std::ranges::count(spec.findings, FindingId::key_wrong_type, &Finding::id), 1);
    const Graph graph = build_graph(file, spec);
    EXPECT_EQ(graph.layers[0].attention.max_alibi_bias, 4.0F);
    EXPECT_TRUE(graph.findings.empty());
}

TEST(BuildGraph, names_the_key_without_which_it_cannot_compute) {
    auto model = test::TinyModel{};
    model.extra_keys = {{"expert_count", 4u}};
    try {
        graph_of(model.bytes());
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::missing_key);
        EXPECT_EQ(e.where().name, "llama.expert_used_count");
        EXPECT_EQ(e.where().path, "m.gguf");
    }
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
