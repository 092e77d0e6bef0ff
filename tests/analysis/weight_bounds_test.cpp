// Tensors that do not go together, heads of odd sizes, and models that would take more memory than was allowed (design:
// attack.md, A8, D1, D2).
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <numeric>

#include "attnx/analysis/weights.h"
#include "attnx/model/build.h"
#include "support/attention_model.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/refusal.h"

namespace attnx::analysis {
namespace {

using test::AttentionLayer;
using test::Dense;
using test::GgufBuilder;
using test::random_dense;
using test::random_layer;

WeightReport measure_file(const GgufBuilder& builder, const model::ModelSpec& spec, WeightOptions options = {}) {
    const auto bytes = builder.bytes();
    const auto file = gguf::File::from_bytes(bytes, "weights.gguf");
    options.layers.resize(spec.layers.size());
    std::iota(options.layers.begin(), options.layers.end(), 0U);
    return measure_weights(file, spec, options);
}

WeightReport measure_file(const std::vector<AttentionLayer>& layers, WeightOptions options = {}) {
    GgufBuilder builder;
    for (std::uint32_t i = 0; i < layers.size(); ++i) test::add_attention(builder, i, layers[i]);
    return measure_file(builder, test::spec_of(layers), options);
}

// A golden model with one tensor of another shape (an empty shape: without it), every layer asked for.
WeightReport measure_changed(const std::string& model, const std::string& name,
                             const std::vector<std::uint64_t>& shape) {
    test::GoldenParts parts = test::golden_parts(test::golden_path(model));
    std::size_t changed = 0;
    for (auto& tensor : parts.tensors) {
        if (tensor.name != name) continue;
        tensor.shape = shape;
        ++changed;
    }
    EXPECT_EQ(changed, 1U) << name;
    if (shape.empty()) std::erase_if(parts.tensors, [&](const auto& tensor) { return tensor.name == name; });
    const auto bytes = parts.build(test::Weights::real).bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    const auto spec = model::build_spec(file);
    WeightOptions options;
    options.composition = true;
    options.layers.resize(spec.layer_count);
    std::iota(options.layers.begin(), options.layers.end(), 0U);
    return measure_weights(file, spec, options);
}

TEST(WeightShapes, that_do_not_fit_the_heads_are_named_and_their_layer_skipped) {
    struct Case {
        const char *model, *name;
        std::vector<std::uint64_t> shape;
    };
    for (const Case& c : std::vector<Case>{{"glm4", "blk.0.attn_q.bias", {1}},
                                           {"glm4", "blk.0.attn_k.bias", {63}},
                                           {"glm4", "blk.0.attn_v.bias", {65}},
                                           {"glm4", "blk.0.attn_q.weight", {128, 96}},
                                           {"glm4", "blk.0.attn_k.weight", {64, 64}},
                                           {"glm4", "blk.0.attn_v.weight", {128, 32}},
                                           {"glm4", "blk.0.attn_output.weight", {64, 128}},
                                           {"glm4", "blk.0.attn_norm.weight", {1}},
                                           {"glm4", "blk.0.post_attention_norm.weight", {127}},
                                           {"bloom", "blk.0.attn_qkv.weight", {128, 192}},
                                           {"bloom", "blk.0.attn_qkv.bias", {1}},
                                           {"deepseek2", "blk.0.attn_k_b.weight", {32, 256}},
                                           {"deepseek2", "blk.0.attn_v_b.weight", {64, 128}},
                                           {"deepseek2", "blk.0.attn_q_b.weight", {40, 192}},
                                           {"deepseek2", "blk.0.attn_q_a_norm.weight", {40}},
                                           {"deepseek2", "blk.0.attn_kv_a_mqa.weight", {128, 64}},
                                           {"deepseek2", "blk.0.attn_k_b.weight", {}}}) {
        SCOPED_TRACE(c.name);
        const WeightReport report = measure_changed(c.model, c.name, c.shape);
        ASSERT_FALSE(report.skipped.empty());
        EXPECT_EQ(report.skipped[0].layer, 0U);
        const std::string stem = std::string(c.name).substr(0, std::string(c.name).rfind('.'));
        const bool other_named = stem == "blk.0.attn_kv_a_mqa";  // without rotated rows K and Q disagree with k_b
        EXPECT_NE(report.skipped[0].reason.find(other_named ? "blk.0.attn_k_b" : stem), std::string::npos)
            << report.skipped[0].reason;
        EXPECT_FALSE(report.layers.empty()) << "the other layers are measured";
    }
}

TEST(WeightShapes, without_heads_are_a_reason_and_no_division) {
    auto layer = random_layer(2, 1, 4, 16, 1);
    GgufBuilder builder;
    test::add_attention(builder, 0, layer);
    builder.tensor("blk.1.attn_kv_a_mqa.weight", "f32", {16, 6});
    builder.tensor("blk.1.attn_kv_a_norm.weight", "f32", {4});
    builder.tensor("blk.1.attn_q.weight", "f32", {16, 8});
    for (const auto& [heads, kv_heads] : {std::pair{0U, 0U}, {0U, 1U}, {2U, 0U}, {2U, 3U}}) {
        auto spec = test::spec_of({layer, layer});
        for (auto& l : spec.layers) {
            l.head_count = heads;
            l.head_count_kv = kv_heads;
        }
        const auto report = measure_file(builder, spec);
        EXPECT_TRUE(report.layers.empty());
        ASSERT_EQ(report.skipped.size(), 2U);
        EXPECT_FALSE(report.skipped[0].reason.empty());
    }
}

// Qwen3-Next: each head's query is followed by its gate, and so is its bias.
TEST(WeightShapes, of_a_bias_follow_the_gates_between_the_heads) {
    const auto layer = random_layer(2, 1, 3, 16, 2);
    auto gated = layer;
    gated.q = random_dense(12, 16, 3);
    GgufBuilder builder;
    test::add_attention(builder, 0, gated);
    builder.tensor("blk.0.attn_q.bias", "f32", {12}, test::fill_f32({1, 2, 2, 9, 9, 9, 2, 3, 6, 9, 9, 9}));
    const auto report = measure_file(builder, test::spec_of({layer}));
    EXPECT_DOUBLE_EQ(*report.layers.at(0).heads[0].q_bias, 3);
    EXPECT_DOUBLE_EQ(*report.layers.at(0).heads[1].q_bias, 7);
}

// ---- Heads of more dimensions than the stream ----

double relative(double a, double b) { return std::abs(a - b) / std::max(1e-12, std::abs(b)); }

TEST(WideHeads, make_the_circuits_of_their_matrices_multiplied_out) {
    constexpr std::size_t kWidth = 7, kDim = 19;
    const std::vector<AttentionLayer> layers = {random_layer(4, 2, kDim, kWidth, 11),
                                                random_layer(2, 1, kDim, kWidth, 21)};
    WeightOptions options;
    options.composition = true;
    const WeightReport report = measure_file(layers, options);
    ASSERT_EQ(report.layers.size(), 2U);
    std::vector<std::vector<Dense>> qk(2), ov(2);
    for (std::size_t l = 0; l < 2; ++l) {
        const AttentionLayer& layer = layers[l];
        EXPECT_EQ(report.layers[l].head_dim_k, kDim);
        for (const HeadWeights& head : report.layers[l].heads) {
            const Dense q = layer.q.rows_from(head.head * kDim, kDim), k = layer.k.rows_from(head.kv_head * kDim, kDim),
                        v = layer.v.rows_from(head.kv_head * kDim, kDim),
                        o = layer.o.transposed().rows_from(head.head * kDim, kDim);
            qk[l].push_back(q.transposed() * k);
            ov[l].push_back(o.transposed() * v);
            for (const auto& [spectrum, matrix] : {std::pair{head.q, q},
                                                   {head.k, k},
                                                   {head.v, v},
                                                   {head.o, o},
                                                   {head.qk, qk[l].back()},
                                                   {head.ov, ov[l].back()}}) {
                const auto expected = test::singular_values(matrix);
                ASSERT_EQ(spectrum->singular_values.size(), kWidth);
                for (std::size_t i = 0; i < kWidth; ++i)
                    EXPECT_NEAR(spectrum->singular_values[i], expected[i], 1e-5 * expected[0]);
                EXPECT_LT(relative(*spectrum->condition, expected[0] / expected[kWidth - 1]), 1e-2);
            }
        }
        for (std::size_t a = 0; a < layer.heads; ++a)
            for (std::size_t b = 0; b < layer.heads; ++b) {
                double dot = 0;
                for (std::size_t i = 0; i < kWidth * kWidth; ++i) dot += qk[l][a].values[i] * qk[l][b].values[i];
                EXPECT_NEAR(report.layers[l].qk_cosines[a * layer.heads + b], dot / (qk[l][a].norm() * qk[l][b].norm()),
                            1e-5);
            }
    }
    EXPECT_EQ(report.composition->pairs.size(), 3U * 4 * 2);
    for (const CompositionPair& pair : report.composition->pairs) {
        const Dense& to = pair.kind == CompositionKind::v ? ov[1][pair.to_head] : qk[1][pair.to_head];
        const Dense reader = pair.kind == CompositionKind::q ? to.transposed() : to;
        const Dense& from = ov[0][pair.from_head];
        EXPECT_NEAR(pair.score, (reader * from).norm() / (reader.norm() * from.norm()), 1e-5) << to_string(pair.kind);
    }
}

// Of W_OV = c times a projection the eigenvalues are known: copying is 1, with c < 0 it is -1.
TEST(WideHeads, copy_as_their_circuit_does) {
    constexpr std::size_t kWidth = 3, kDim = 8;
    Dense v(kDim, kWidth);
    for (std::size_t i = 0; i < kDim; ++i) v.at(i, i % kWidth) = 1;
    for (const double sign : {1.0, -1.0}) {
        Dense o = v.transposed();
        for (double& value : o.values) value *= sign;
        const auto report = measure_file(
            {AttentionLayer{1, 1, kDim, random_dense(kDim, kWidth, 5), random_dense(kDim, kWidth, 6), v, o}});
        EXPECT_NEAR(*report.layers.at(0).heads[0].copying, sign, 1e-6);
    }
}

TEST(WideHeads, whose_layer_has_no_keys_or_values_are_measured_alone) {
    auto layer = random_layer(2, 1, 9, 4, 31);
    const auto whole = measure_file({layer});
    layer.k = layer.v = {};
    const auto report = measure_file({layer});
    ASSERT_EQ(report.layers.size(), 1U);
    EXPECT_FALSE(report.layers[0].heads[0].qk);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(report.layers[0].heads[1].q->singular_values[i], whole.layers[0].heads[1].q->singular_values[i],
                    1e-5);
}

// D1: 2048 dimensions over a stream of 8 took 45 s and more: everything is cubic in 8 now.
TEST(WideHeads, take_no_longer_than_their_stream_is_wide) {
    const auto start = std::chrono::steady_clock::now();
    const auto report = measure_file({random_layer(1, 1, 2048, 8, 41)});
    EXPECT_EQ(report.layers.at(0).heads.at(0).qk->singular_values.size(), 8U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << "even under sanitizers";
}

// ---- Many heads ----

AttentionLayer many_heads(std::uint32_t heads) { return random_layer(heads, heads, 1, 4, 51); }

TEST(ManyHeads, are_compared_without_a_matrix_of_all_pairs) {
    WeightOptions options;
    const auto whole = measure_file({many_heads(60)}, options);
    options.likeness_matrices = false;
    options.max_memory = 1 << 20;  // the matrices alone would be 8 MB
    const auto report = measure_file({many_heads(1000)}, options);
    EXPECT_TRUE(report.layers.at(0).qk_cosines.empty());
    EXPECT_TRUE(report.layers.at(0).heads.at(999).nearest_qk.has_value());
    const auto some = measure_file({many_heads(60)}, options);
    for (std::size_t head = 0; head < 60; ++head) {
        EXPECT_EQ(some.layers[0].heads[head].nearest_qk->head, whole.layers[0].heads[head].nearest_qk->head);
        EXPECT_EQ(some.layers[0].heads[head].nearest_ov->cosine, whole.layers[0].heads[head].nearest_ov->cosine);
    }
}

TEST(ManyHeads, that_would_take_more_than_allowed_are_refused_before_anything_is_read) {
    const AttentionLayer layer = many_heads(400);
    WeightOptions options;
    options.max_memory = 1 << 20;
    const auto refusal = [&](const std::vector<AttentionLayer>& layers) {
        return test::refusal_of([&] { (void)measure_file(layers, options); });
    };
    test::expect_refusal(refusal({layer}), ErrorCode::refused, "how alike each two heads of a layer are");
    options.similarity = false;
    EXPECT_FALSE(refusal({layer}));
    options.composition = true;
    test::expect_refusal(refusal({layer, layer}), ErrorCode::refused, "composition");
    options.max_memory = 1 << 30;
    EXPECT_FALSE(refusal({layer, layer}));
}

TEST(ManyHeads, that_are_all_alike_are_listed_a_few_times_each) {
    constexpr std::uint32_t kHeads = 40;
    AttentionLayer layer{kHeads, kHeads, 1, Dense(kHeads, 2), Dense(kHeads, 2), Dense(kHeads, 2), Dense(2, kHeads)};
    for (Dense* m : {&layer.q, &layer.k, &layer.v, &layer.o}) std::fill(m->values.begin(), m->values.end(), 1.0);
    const auto report = measure_file({layer});
    const auto& twins = report.layers.at(0).twins;
    ASSERT_EQ(twins.size(), (kHeads - 16) * 16U + 15 * 16 / 2);
    EXPECT_EQ(twins[0].first, 0U);
    EXPECT_EQ(twins[15].second, 16U);
    EXPECT_EQ(twins[16].first, 1U);
    EXPECT_NEAR(twins[16].qk, 1.0, 1e-6);
}

}  // namespace
}  // namespace attnx::analysis
