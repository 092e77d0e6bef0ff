// However a file keeps Q, K, V and O, the figures are those of the same matrices apart.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "attnx/analysis/weights.h"
#include "support/attention_model.h"

namespace attnx::analysis {
namespace {

using test::AttentionLayer;
using test::Dense;
using test::GgufBuilder;
using test::random_dense;
using test::random_layer;

WeightReport measure(const GgufBuilder& builder, const model::ModelSpec& spec, bool raw = false) {
    const auto bytes = builder.bytes();
    const auto file = gguf::File::from_bytes(bytes, "weights.gguf");
    WeightOptions options;
    options.raw = raw;
    options.layers.resize(spec.layers.size());
    std::iota(options.layers.begin(), options.layers.end(), 0U);
    std::uint64_t told = 0;
    options.progress = [&told](std::uint64_t bytes_done) { told += bytes_done; };
    auto report = measure_weights(file, spec, options);
    EXPECT_EQ(told, weight_bytes(file, spec, options));
    return report;
}

WeightReport measure(const AttentionLayer& layer) {
    GgufBuilder builder;
    test::add_attention(builder, 0, layer);
    return measure(builder, test::spec_of({layer}));
}

void expect_same(const WeightReport& a, const WeightReport& b, double tolerance = 1e-6) {
    ASSERT_EQ(a.layers.size(), 1U);
    ASSERT_EQ(b.layers.size(), 1U);
    ASSERT_EQ(a.layers[0].heads.size(), b.layers[0].heads.size());
    for (std::size_t head = 0; head < a.layers[0].heads.size(); ++head) {
        for (const WeightMetric& metric : weight_metrics()) {
            const auto x = metric.of(a.layers[0].heads[head]), y = metric.of(b.layers[0].heads[head]);
            ASSERT_EQ(x.has_value(), y.has_value()) << metric.id;
            if (!x) continue;
            EXPECT_NEAR(*x, *y, tolerance * std::max(1.0, std::abs(*y))) << metric.id << " of head " << head;
        }
    }
}

Dense stacked(const std::vector<Dense>& parts) {
    Dense out(0, parts.front().columns);
    for (const Dense& part : parts) {
        out.rows += part.rows;
        out.values.insert(out.values.end(), part.values.begin(), part.values.end());
    }
    return out;
}

std::vector<float> gains(std::size_t count, unsigned seed) {
    const Dense random = random_dense(1, count, seed);
    std::vector<float> out;
    for (const double value : random.values) out.push_back(static_cast<float>(1 + value / 4));
    return out;
}

void scale_columns(Dense& matrix, const std::vector<float>& gain) {
    for (std::size_t i = 0; i < matrix.rows; ++i)
        for (std::size_t j = 0; j < matrix.columns; ++j) matrix.at(i, j) *= static_cast<double>(gain[j]);
}

bool says(const WeightReport& report, std::string_view part) {
    for (const std::string& note : report.layers.at(0).notes)
        if (note.find(part) != std::string::npos) return true;
    return false;
}

void add_matrix(GgufBuilder& builder, const std::string& name, const Dense& matrix) {
    builder.tensor("blk.0." + name, "f32", {matrix.columns, matrix.rows}, test::fill(matrix));
}
void add_vector(GgufBuilder& builder, const std::string& name, const std::vector<float>& values) {
    builder.tensor("blk.0." + name, "f32", {values.size()}, test::fill_f32(values));
}

TEST(WeightForms, a_fused_projection_is_split_by_rows) {
    const auto layer = random_layer(4, 2, 3, 20, 1);
    GgufBuilder builder;
    add_matrix(builder, "attn_qkv.weight", stacked({layer.q, layer.k, layer.v}));
    add_matrix(builder, "attn_output.weight", layer.o);
    std::vector<float> bias(12 + 6 + 6, 0.0F);
    bias[3] = 3, bias[4] = 4;  // in Q of head 1
    bias[12 + 3] = 2;          // in K of KV head 1
    add_vector(builder, "attn_qkv.bias", bias);
    auto report = measure(builder, test::spec_of({layer}));
    EXPECT_EQ(report.layers[0].form, "fused");
    EXPECT_DOUBLE_EQ(*report.layers[0].heads[1].q_bias, 5);
    EXPECT_DOUBLE_EQ(*report.layers[0].heads[3].k_bias, 2);
    EXPECT_DOUBLE_EQ(*report.layers[0].heads[0].k_bias, 0);
    EXPECT_TRUE(says(report, "biases"));
    for (HeadWeights& head : report.layers[0].heads) head.q_bias = head.k_bias = head.v_bias = std::nullopt;
    expect_same(report, measure(layer));
}

TEST(WeightForms, the_gain_of_the_norm_is_folded_into_the_input_side_unless_raw) {
    auto layer = random_layer(2, 1, 4, 16, 2);
    GgufBuilder builder;
    const auto gain = gains(16, 3);
    add_vector(builder, "attn_norm.weight", gain);
    test::add_attention(builder, 0, layer);
    expect_same(measure(builder, test::spec_of({layer}), true), measure(layer));
    const auto folded = measure(builder, test::spec_of({layer}));
    for (Dense* matrix : {&layer.q, &layer.k, &layer.v}) scale_columns(*matrix, gain);
    expect_same(folded, measure(layer));
}

TEST(WeightForms, the_gains_of_q_and_k_norms_are_folded_and_said) {
    auto layer = random_layer(2, 2, 4, 16, 4);
    GgufBuilder builder;
    const auto gain = gains(4, 5);
    test::add_attention(builder, 0, layer);
    add_vector(builder, "attn_q_norm.weight", gain);
    const auto report = measure(builder, test::spec_of({layer}));
    EXPECT_TRUE(says(report, "not comparable across heads"));
    for (std::size_t i = 0; i < 8; ++i)
        for (std::size_t j = 0; j < 16; ++j) layer.q.at(i, j) *= static_cast<double>(gain[i % 4]);
    expect_same(report, measure(layer));
}

TEST(WeightForms, the_gain_of_a_norm_on_the_output_is_folded_where_it_is_attentions_own) {
    auto layer = random_layer(2, 2, 4, 16, 6);
    const auto gain = gains(16, 7);
    GgufBuilder alone;  // with no other norm before the feed-forward network, this one is it
    test::add_attention(alone, 0, layer);
    add_vector(alone, "post_attention_norm.weight", gain);
    expect_same(measure(alone, test::spec_of({layer})), measure(layer));
    GgufBuilder sandwich = alone;
    add_vector(sandwich, "ffn_norm.weight", gains(16, 8));
    const auto report = measure(sandwich, test::spec_of({layer}));
    EXPECT_TRUE(says(report, "folded into O"));
    for (std::size_t i = 0; i < 16; ++i)
        for (std::size_t j = 0; j < 8; ++j) layer.o.at(i, j) *= static_cast<double>(gain[i]);
    expect_same(report, measure(layer));
}

// Talkie: one gain per head, [1, heads].
TEST(WeightForms, the_gains_of_a_norm_may_be_one_per_head) {
    auto layer = random_layer(2, 2, 4, 16, 51);
    GgufBuilder builder;
    test::add_attention(builder, 0, layer);
    builder.tensor("blk.0.attn_q_norm.weight", "f32", {1, 2}, test::fill_f32({3.0F, 5.0F}));
    const auto report = measure(builder, test::spec_of({layer}));
    for (std::size_t i = 0; i < 8; ++i)
        for (std::size_t j = 0; j < 16; ++j) layer.q.at(i, j) *= i < 4 ? 3 : 5;
    expect_same(report, measure(layer));
}

TEST(WeightForms, a_gate_between_the_heads_of_q_is_left_out) {
    const auto layer = random_layer(3, 1, 4, 16, 9);
    std::vector<Dense> parts;
    for (std::size_t head = 0; head < 3; ++head) {
        parts.push_back(layer.q.rows_from(head * 4, 4));
        parts.push_back(random_dense(4, 16, 100 + static_cast<unsigned>(head)));
    }
    auto gated = layer;
    gated.q = stacked(parts);
    GgufBuilder builder;
    test::add_attention(builder, 0, gated);
    const auto report = measure(builder, test::spec_of({layer}));
    EXPECT_TRUE(says(report, "gate"));
    expect_same(report, measure(layer));
}

// DeepSeek-V2: 2 heads of 3 unrotated and 2 rotated dimensions, values of 4, ranks 5 (KV) and 6 (Q).
struct Latent {
    Dense q_a = random_dense(6, 20, 21), q_b = random_dense(2 * 5, 6, 22), kv_a = random_dense(5 + 2, 20, 23),
          kv_b = random_dense(2 * (3 + 4), 5, 24), o = random_dense(20, 2 * 4, 25);
    std::vector<float> q_gain = gains(6, 26), kv_gain = gains(5, 27);

    // The same as ordinary heads.
    AttentionLayer plain() const {
        Dense up = q_b, kv_up = kv_b;
        scale_columns(up, q_gain);
        scale_columns(kv_up, kv_gain);
        const Dense latent = kv_a.rows_from(0, 5), rotated = kv_a.rows_from(5, 2);
        std::vector<Dense> k, v;
        for (std::size_t head = 0; head < 2; ++head) {
            k.push_back(kv_up.rows_from(head * 7, 3) * latent);
            k.push_back(rotated);
            v.push_back(kv_up.rows_from(head * 7 + 3, 4) * latent);
        }
        AttentionLayer layer{2, 2, 5, up * q_a, stacked(k), stacked(v), o};
        return layer;
    }
};

// dim_v differs from dim_k, which spec_of cannot say.
model::ModelSpec latent_spec(const AttentionLayer& layer) {
    model::ModelSpec spec = test::spec_of({layer});
    spec.layers[0].head_dim_v = 4;
    return spec;
}

WeightReport measure_plain_latent() {
    const AttentionLayer layer = Latent().plain();
    GgufBuilder builder;
    test::add_attention(builder, 0, layer);
    return measure(builder, latent_spec(layer));
}

GgufBuilder latent_builder(const Latent& latent) {
    GgufBuilder builder;
    add_matrix(builder, "attn_q_a.weight", latent.q_a);
    add_vector(builder, "attn_q_a_norm.weight", latent.q_gain);
    add_matrix(builder, "attn_q_b.weight", latent.q_b);
    add_matrix(builder, "attn_kv_a_mqa.weight", latent.kv_a);
    add_vector(builder, "attn_kv_a_norm.weight", latent.kv_gain);
    add_matrix(builder, "attn_output.weight", latent.o);
    return builder;
}

model::ModelSpec mla_spec() {
    model::ModelSpec spec = test::spec_of({Latent().plain()});
    spec.layers[0].kind = model::LayerKind::mla;
    spec.layers[0].head_count_kv = 1;  // the cache's view of it
    spec.layers[0].head_dim_k = 7;
    spec.layers[0].head_dim_v = 5;
    return spec;
}

TEST(WeightForms, low_rank_projections_are_multiplied_out) {
    const Latent latent;
    GgufBuilder builder = latent_builder(latent);
    add_matrix(builder, "attn_kv_b.weight", latent.kv_b);
    const auto report = measure(builder, mla_spec());
    ASSERT_EQ(report.layers.size(), 1U) << report.skipped.at(0).reason;
    EXPECT_EQ(report.layers[0].form, "low-rank");
    EXPECT_EQ(report.layers[0].head_dim_k, 5U);
    EXPECT_EQ(report.layers[0].head_dim_v, 4U);
    expect_same(report, measure_plain_latent(), 1e-5);
}

TEST(WeightForms, low_rank_projections_in_the_absorbed_form_are_the_same) {
    const Latent latent;
    GgufBuilder builder = latent_builder(latent);
    std::vector<float> k_b, v_b;  // [heads, rank, nope] and [heads, dim_v, rank]
    for (std::size_t head = 0; head < 2; ++head)
        for (std::size_t r = 0; r < 5; ++r)
            for (std::size_t i = 0; i < 3; ++i) k_b.push_back(static_cast<float>(latent.kv_b.at(head * 7 + i, r)));
    for (std::size_t head = 0; head < 2; ++head)
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t r = 0; r < 5; ++r) v_b.push_back(static_cast<float>(latent.kv_b.at(head * 7 + 3 + i, r)));
    builder.tensor("blk.0.attn_k_b.weight", "f32", {3, 5, 2}, test::fill_f32(k_b));
    builder.tensor("blk.0.attn_v_b.weight", "f32", {5, 4, 2}, test::fill_f32(v_b));
    expect_same(measure(builder, mla_spec()), measure_plain_latent(), 1e-5);
}

TEST(WeightForms, what_a_layer_does_not_have_is_left_out_and_said) {
    auto layer = random_layer(2, 1, 4, 16, 31);
    layer.k = layer.v = {};
    const auto report = measure(layer);
    EXPECT_FALSE(report.layers[0].heads[0].qk);
    EXPECT_FALSE(report.layers[0].heads[0].ov);
    EXPECT_TRUE(report.layers[0].heads[0].q);
    EXPECT_TRUE(says(report, "no K"));
}

TEST(WeightForms, layers_that_cannot_be_measured_are_named) {
    auto layer = random_layer(2, 1, 4, 16, 41);
    GgufBuilder builder;
    test::add_attention(builder, 0, layer);
    auto spec = test::spec_of({layer});
    spec.layers[0].head_dim_k = 5;
    EXPECT_EQ(measure(builder, spec).skipped.at(0).reason, "blk.0.attn_q.weight is [16, 8], expected [any, 10]");
    spec.layers[0].kind = model::LayerKind::mamba2;
    EXPECT_EQ(measure(builder, spec).skipped.at(0).reason, "no softmax attention");
    layer.v.at(0, 0) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_NE(measure(layer).skipped.at(0).reason.find("NaN"), std::string::npos);
}

}  // namespace
}  // namespace attnx::analysis
