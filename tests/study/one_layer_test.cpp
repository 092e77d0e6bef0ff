// One layer looked at closely: what is worked out step by step is what the model did.
#include "attnx/study/one_layer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/loaded_model.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

const std::vector<std::uint32_t> kSome = {1, 5, 9, 3, 7, 2};

template <class Body>
std::string thrown(const Body& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

// Each weight of one query, its sum with what a sink takes, and what is seen.
void expect_steps_of_the_model(const test::LoadedModel& model, const Attended& attended, std::uint32_t layer,
                               std::uint32_t head, std::uint32_t query, const std::string& name) {
    const Explained why =
        explain(model.file, model.spec, {kSome, nullptr}, {.layer = layer, .head = head, .query = query});
    const auto row = attended.maps.at(layer).row(head, query);
    double sum = why.explanation.sink ? why.explanation.sink->weight : 0;
    for (const analysis::ExplainedKey& key : why.explanation.keys) {
        EXPECT_NEAR(key.weight, row[key.key], 2e-5) << name << " layer " << layer << " head " << head;
        // Heads whose outputs share a matrix of low rank, and one that routes, add nothing that is known of them alone.
        const bool shares = std::ranges::any_of(
            model.spec.layers, [](const model::LayerSpec& other) { return other.compress_ratio.has_value(); });
        EXPECT_TRUE((key.moved_norm || shares || model.spec.layers[layer].router) && key.value_norm)
            << name << " layer " << layer;
        sum += key.weight;
    }
    EXPECT_NEAR(sum, 1, 1e-9) << name;
    for (std::uint32_t key = 0; key < row.size(); ++key) {
        if (why.visible.contains(key)) continue;
        EXPECT_EQ(row[key], 0.0F) << name << ": masked";
    }
    EXPECT_EQ(why.explanation.keys.size(), why.visible.count());
    EXPECT_EQ(why.key, std::ranges::max_element(why.explanation.keys, {}, &analysis::ExplainedKey::weight)->key);
    double dot = 0;
    for (const analysis::Product& product : why.products) dot += product.product;
    EXPECT_NEAR(dot, why.explanation.keys[why.key - why.visible.first].dot, 1e-9 + 1e-9 * std::abs(dot)) << name;
}

// All mechanisms that are executed: groups, latent keys, windows, biases of positions, caps, sinks, scaled queries.
TEST(Explain, gives_the_weights_of_every_architecture) {
    std::size_t tried = 0;
    for (const auto& path : test::golden_files("architectures")) {
        const test::LoadedModel model(test::golden_model_bytes(path, test::Weights::real));
        Attended attended;
        try {
            Question question;
            for (const auto& [layer, heads] : all_heads(model.spec)) question.maps.insert(layer);
            attended = attend(model.file, model.spec, {kSome, nullptr}, question);
        } catch (const Error&) {
            continue;  // not executed, or without attention: said elsewhere
        }
        for (const auto& layer_and_heads : attended.heads) {
            const std::uint32_t layer = layer_and_heads.first, head = layer_and_heads.second.back();
            const auto query = static_cast<std::uint32_t>(kSome.size() - 1);
            if (attended.maps.at(layer).compressed_count() != 0)
                EXPECT_NE(thrown([&] {
                              explain(model.file, model.spec, {kSome, nullptr},
                                      {.layer = layer, .head = head, .query = query});
                          }).find("share the softmax"),
                          std::string::npos);
            else expect_steps_of_the_model(model, attended, layer, head, query, path.stem().string());
        }
        ++tried;
    }
    EXPECT_GT(tried, 90u);
}

TEST(Explain, says_which_heads_share_keys) {
    const test::LoadedModel model(test::TinyModel{.heads = 4, .kv_heads = 2}.bytes());
    const Explained why =
        explain(model.file, model.spec, {kSome, nullptr}, {.layer = 1, .head = 2, .query = 3, .key = 1});
    EXPECT_EQ(why.kv_head(), 1u);
    EXPECT_EQ(why.mates(), (std::vector<std::uint32_t>{2, 3}));
    EXPECT_EQ(why.key, 1u);
    EXPECT_EQ(why.visible.first, 0u);
    EXPECT_EQ(why.visible.end, 4u);
    EXPECT_NEAR(why.scale, .5, 1e-6) << "heads of four dimensions";
    EXPECT_EQ(why.products.size(), 4u);
    ASSERT_EQ(why.tokens.size(), kSome.size());
}

TEST(Explain, refuses_places_that_are_not_there) {
    auto windowed = test::TinyModel{.architecture = "gemma2"};
    windowed.extra_keys = {{"attention.sliding_window", 2u}};
    const test::LoadedModel model(windowed.bytes());
    const auto ask = [&](WeightQuestion question) {
        return thrown([&] { explain(model.file, model.spec, {kSome, nullptr}, question); });
    };
    EXPECT_NE(ask({.layer = 9}).find("layer 9 does not compute softmax attention"), std::string::npos);
    EXPECT_NE(ask({.head = 2}).find("layer 0 has 2 heads, no head 2"), std::string::npos);
    EXPECT_NE(ask({.query = 6}).find("there are 6 tokens, no query 6"), std::string::npos);
    EXPECT_NE(ask({.query = 3, .key = 1}).find("sees the keys 2 to 3, not 1"), std::string::npos) << "a window of two";
    EXPECT_EQ(ask({.query = 3, .key = 2}), "none");
}

TEST(AttentionMatrix, is_the_map_of_a_head_or_the_mean_of_all) {
    const test::LoadedModel model(test::TinyModel{.heads = 4, .kv_heads = 2}.bytes());
    Question question;
    question.maps = {1};
    const auto map = attend(model.file, model.spec, {kSome, nullptr}, question).maps.at(1);
    const Matrix one = attention_matrix(model.file, model.spec, {kSome, nullptr}, {.layer = 1, .head = 3});
    const Matrix mean = attention_matrix(model.file, model.spec, {kSome, nullptr}, {.layer = 1});
    ASSERT_EQ(one.weights.size, 6u);
    for (std::uint32_t i = 0; i < 6; ++i)
        for (std::uint32_t j = 0; j < 6; ++j) {
            EXPECT_EQ(one.weights.row(i)[j], static_cast<double>(map.row(3, i)[j]));
            double sum = 0;
            for (std::uint32_t h = 0; h < 4; ++h) sum += static_cast<double>(map.row(h, i)[j]);
            EXPECT_NEAR(mean.weights.row(i)[j], sum / 4, 1e-7);
            EXPECT_EQ(one.visible()(i, j), j <= i);
        }
    EXPECT_THROW(
        attention_matrix(model.file, model.spec, {kSome, nullptr}, {.layer = 1, .run = {.max_memory = 6 * 6 * 16 - 1}}),
        Error);
}

TEST(ValueWeighted, lengths_are_those_that_explain_tells) {
    const test::LoadedModel model(test::TinyModel{.heads = 4, .kv_heads = 2}.bytes());
    Question question;
    question.maps = {1};
    question.moved_norms = true;
    const Attended attended = attend(model.file, model.spec, {kSome, nullptr}, question);
    ASSERT_EQ(attended.moved_norms.size(), 1u) << "of layers whose maps are kept";
    const analysis::MovedNorms& norms = attended.moved_norms.at(1);
    EXPECT_FALSE(norms.gated);
    for (std::uint32_t head = 0; head < 4; ++head) {
        const Explained why = explain(model.file, model.spec, {kSome, nullptr}, {.layer = 1, .head = head, .query = 5});
        for (const analysis::ExplainedKey& key : why.explanation.keys)
            EXPECT_NEAR(norms.head(head)[key.key], key.moved_norm.value_or(-1), 1e-6);
    }
}

// With heads that attend uniformly, each layer is the same known matrix.
TEST(Rollout, of_uniform_attention_is_known) {
    const test::LoadedModel model(test::TinyModel{.zero_queries = true}.bytes());
    Question question;
    question.rollout = RolloutQuestion{.layers = {0, 1}};
    const Attended attended = attend(model.file, model.spec, {kSome, nullptr}, question);
    ASSERT_EQ(attended.rollout.size(), 2u);
    for (std::uint32_t i = 0; i < 6; ++i)
        for (std::uint32_t j = 0; j < 6; ++j) {
            const double once = (j <= i ? .5 / (i + 1) : 0) + (i == j ? .5 : 0);
            EXPECT_NEAR(attended.rollout.at(0)[i * 6 + j], once, 1e-6);
            double twice = 0;
            for (std::uint32_t m = 0; m < 6; ++m)
                twice += ((m <= i ? .5 / (i + 1) : 0) + (i == m ? .5 : 0)) *
                         ((j <= m ? .5 / (m + 1) : 0) + (m == j ? .5 : 0));
            EXPECT_NEAR(attended.rollout.at(1)[i * 6 + j], twice, 1e-6);
        }
}

TEST(Rollout, goes_no_further_than_attention_does) {
    const test::LoadedModel model(test::golden_model_bytes(test::golden_path("jamba"), test::Weights::real));
    ASSERT_EQ(model.spec.layers[1].kind, model::LayerKind::mamba);
    Question question;
    question.rollout = RolloutQuestion{.layers = {1}};
    const std::string said = thrown([&] { attend(model.file, model.spec, {kSome, nullptr}, question); });
    EXPECT_NE(said.find("no rollout beyond layer 1, where tokens are mixed by mamba_1"), std::string::npos) << said;
}

}  // namespace
}  // namespace attnx::study
