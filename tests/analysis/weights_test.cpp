// The algebra against matrices multiplied out, and against known answers (docs/known-answers.md).
#include "attnx/analysis/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/attention_model.h"

namespace attnx::analysis {
namespace {

using test::AttentionLayer;
using test::Dense;
using test::identity;
using test::random_dense;
using test::random_layer;

WeightReport measure(const std::vector<AttentionLayer>& layers, bool composition = false) {
    test::GgufBuilder builder;
    for (std::uint32_t i = 0; i < layers.size(); ++i) test::add_attention(builder, i, layers[i]);
    const auto bytes = builder.bytes();
    const auto file = gguf::File::from_bytes(bytes, "weights.gguf");
    WeightOptions options;
    options.composition = composition;
    options.layers.resize(layers.size());
    std::iota(options.layers.begin(), options.layers.end(), 0U);
    return measure_weights(file, test::spec_of(layers), options);
}

struct Circuits {
    Dense qk, ov;  // d x d, multiplied out
};
Circuits circuits(const AttentionLayer& layer, std::uint32_t head) {
    const std::size_t dim = layer.dim, kv = std::size_t{head} * layer.kv_heads / layer.heads;
    const Dense o = layer.o.transposed().rows_from(head * dim, dim).transposed();
    return {layer.q.rows_from(head * dim, dim).transposed() * layer.k.rows_from(kv * dim, dim),
            o * layer.v.rows_from(kv * dim, dim)};
}

void expect_spectrum(const Spectrum& spectrum, const Dense& matrix, std::size_t rank) {
    const auto expected = test::singular_values(matrix);
    ASSERT_EQ(spectrum.singular_values.size(), rank);
    for (std::size_t i = 0; i < rank; ++i)
        EXPECT_NEAR(spectrum.singular_values[i], expected[i], 1e-5 * expected[0]) << i;
    EXPECT_NEAR(spectrum.frobenius, matrix.norm(), 1e-5 * matrix.norm());
    EXPECT_NEAR(spectrum.spectral, expected[0], 1e-5 * expected[0]);
    double sum = 0, squares = 0, fourths = 0, entropy = 0;
    for (std::size_t i = 0; i < rank; ++i) {
        sum += expected[i];
        squares += expected[i] * expected[i];
        fourths += std::pow(expected[i], 4);
    }
    for (std::size_t i = 0; i < rank; ++i) entropy -= expected[i] / sum * std::log(expected[i] / sum);
    EXPECT_NEAR(*spectrum.stable_rank, squares / (expected[0] * expected[0]), 1e-4);
    EXPECT_NEAR(*spectrum.effective_rank, std::exp(entropy), 1e-4);
    EXPECT_NEAR(*spectrum.participation_ratio, squares * squares / fourths, 1e-4);
}

double cosine(const Dense& a, const Dense& b) {
    double dot = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) dot += a.values[i] * b.values[i];
    return dot / (a.norm() * b.norm());
}

TEST(MeasureWeights, agrees_with_matrices_multiplied_out) {
    const auto layer = random_layer(4, 2, 6, 40, 1);
    const auto report = measure({layer});
    ASSERT_EQ(report.layers.size(), 1U);
    for (const HeadWeights& head : report.layers[0].heads) {
        const auto [qk, ov] = circuits(layer, head.head);
        expect_spectrum(*head.qk, qk, 6);
        expect_spectrum(*head.ov, ov, 6);
        expect_spectrum(*head.q, layer.q.rows_from(head.head * 6, 6), 6);
        expect_spectrum(*head.v, layer.v.rows_from(head.kv_head * 6, 6), 6);
        EXPECT_EQ(head.kv_head, head.head / 2);
        EXPECT_EQ(report.layers[0].form, "split");
        for (std::uint32_t other = 0; other < 4; ++other) {
            const auto b = circuits(layer, other);
            EXPECT_NEAR(report.layers[0].qk_cosines[head.head * 4 + other], cosine(qk, b.qk), 1e-5);
            EXPECT_NEAR(report.layers[0].ov_cosines[head.head * 4 + other], cosine(ov, b.ov), 1e-5);
        }
    }
}

TEST(MeasureWeights, finds_rank_k_in_orthonormal_matrices) {
    // W_Q = W_K = W_V = W_O^T: k rows of the identity.
    const AttentionLayer layer{
        1, 1, 5, identity(5, 12), identity(5, 12), identity(5, 12), identity(5, 12).transposed()};
    const auto report = measure({layer});
    const HeadWeights& head = report.layers[0].heads[0];
    for (const auto& spectrum : {head.q, head.k, head.v, head.o, head.qk, head.ov}) {
        EXPECT_NEAR(*spectrum->stable_rank, 5, 1e-9);
        EXPECT_NEAR(*spectrum->effective_rank, 5, 1e-9);
        EXPECT_NEAR(*spectrum->participation_ratio, 5, 1e-9);
        EXPECT_NEAR(*spectrum->condition, 1, 1e-9);
        EXPECT_NEAR(spectrum->frobenius, std::sqrt(5), 1e-9);
    }
}

double copying_of(const Dense& v, const Dense& o) {
    const auto size = static_cast<std::uint32_t>(v.rows);
    return *measure({AttentionLayer{1, 1, size, identity(v.rows, v.columns), identity(v.rows, v.columns), v, o}})
                .layers[0]
                .heads[0]
                .copying;
}

TEST(CopyingScore, is_plus_or_minus_one_for_plus_or_minus_identity_and_zero_for_rotations_by_90_degrees) {
    const Dense v = identity(4, 10, 3);
    Dense o = v.transposed();
    EXPECT_NEAR(copying_of(v, o), 1, 1e-9);
    for (double& value : o.values) value = -value;
    EXPECT_NEAR(copying_of(v, o), -1, 1e-9);
    Dense rotated(10, 4);  // (0 1) and (2 3) turned
    rotated.at(3, 1) = rotated.at(5, 3) = -1;
    rotated.at(4, 0) = rotated.at(6, 2) = 1;
    EXPECT_NEAR(copying_of(v, rotated), 0, 1e-9);
    // Half of it copies, half is negated with twice the strength: (1 + 1 - 2 - 2) / 6.
    Dense mixed = v.transposed();
    mixed.at(5, 2) = mixed.at(6, 3) = -2;
    EXPECT_NEAR(copying_of(v, mixed), -2.0 / 6, 1e-9);
}

TEST(CopyingScore, is_nothing_when_what_is_written_is_never_read) {
    const AttentionLayer layer{
        1, 1, 2, identity(2, 8), identity(2, 8), identity(2, 8, 0), identity(2, 8, 4).transposed()};
    EXPECT_FALSE(measure({layer}).layers[0].heads[0].copying);
}

TEST(MeasureWeights, does_not_see_a_change_of_basis_inside_of_a_head) {
    auto layer = random_layer(1, 1, 3, 16, 5);
    const auto before = measure({layer}).layers[0].heads[0];
    Dense r(3, 3), inverse_transposed(3, 3);  // R = [[2 0 0] [1 1 0] [0 0 -4]]
    r.at(0, 0) = 2, r.at(1, 0) = 1, r.at(1, 1) = 1, r.at(2, 2) = -4;
    inverse_transposed.at(0, 0) = 0.5, inverse_transposed.at(0, 1) = -0.5, inverse_transposed.at(1, 1) = 1,
                             inverse_transposed.at(2, 2) = -0.25;
    layer.q = r * layer.q;
    layer.k = inverse_transposed * layer.k;
    const auto after = measure({layer}).layers[0].heads[0];
    EXPECT_GT(std::abs(after.q->frobenius - before.q->frobenius), 0.1);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(after.qk->singular_values[i], before.qk->singular_values[i], 1e-4);
}

AttentionLayer expanded(const AttentionLayer& layer) {
    AttentionLayer out = layer;
    out.kv_heads = layer.heads;
    out.k = out.v = Dense(std::size_t{layer.heads} * layer.dim, layer.q.columns);
    for (std::uint32_t head = 0; head < layer.heads; ++head) {
        const std::size_t kv = std::size_t{head} * layer.kv_heads / layer.heads;
        for (std::size_t i = 0; i < layer.dim; ++i) {
            for (std::size_t j = 0; j < layer.q.columns; ++j) {
                out.k.at(head * layer.dim + i, j) = layer.k.at(kv * layer.dim + i, j);
                out.v.at(head * layer.dim + i, j) = layer.v.at(kv * layer.dim + i, j);
            }
        }
    }
    return out;
}

TEST(MeasureWeights, sees_grouped_queries_as_their_expansion) {
    const std::vector<AttentionLayer> grouped = {random_layer(6, 2, 4, 24, 11), random_layer(6, 3, 4, 24, 21)};
    const auto a = measure(grouped, true), b = measure({expanded(grouped[0]), expanded(grouped[1])}, true);
    for (std::size_t layer = 0; layer < 2; ++layer) {
        EXPECT_EQ(a.layers[layer].qk_cosines, b.layers[layer].qk_cosines);
        for (std::size_t head = 0; head < 6; ++head) {
            for (const WeightMetric& metric : weight_metrics()) {
                const auto x = metric.of(a.layers[layer].heads[head]), y = metric.of(b.layers[layer].heads[head]);
                ASSERT_EQ(x.has_value(), y.has_value()) << metric.id;
                if (!x) continue;
                EXPECT_NEAR(*x, *y, 1e-6 * std::abs(*y)) << metric.id;
            }
        }
    }
    ASSERT_EQ(a.composition->pairs.size(), b.composition->pairs.size());
    for (std::size_t i = 0; i < a.composition->pairs.size(); ++i)
        EXPECT_NEAR(a.composition->pairs[i].score, b.composition->pairs[i].score, 1e-9);
}

TEST(Composition, agrees_with_matrices_multiplied_out) {
    const std::vector<AttentionLayer> layers = {random_layer(4, 2, 5, 30, 31), random_layer(2, 1, 5, 30, 41),
                                                random_layer(4, 4, 5, 30, 51)};
    const auto report = measure(layers, true);
    EXPECT_DOUBLE_EQ(report.composition->baseline, 1 / std::sqrt(30));
    EXPECT_EQ(report.composition->pairs.size(), 3U * (4 * 2 + 4 * 4 + 2 * 4));
    for (const CompositionPair& pair : report.composition->pairs) {
        ASSERT_LT(pair.from_layer, pair.to_layer);
        const auto from = circuits(layers[pair.from_layer], pair.from_head),
                   to = circuits(layers[pair.to_layer], pair.to_head);
        const Dense reader = pair.kind == CompositionKind::q   ? to.qk.transposed()
                             : pair.kind == CompositionKind::k ? to.qk
                                                               : to.ov;
        EXPECT_NEAR(pair.score, (reader * from.ov).norm() / (reader.norm() * from.ov.norm()), 1e-6)
            << to_string(pair.kind);
    }
}

TEST(Composition, of_random_matrices_is_near_one_over_the_root_of_the_width) {
    const auto report = measure({random_layer(8, 8, 12, 96, 61), random_layer(8, 8, 12, 96, 71)}, true);
    double sum = 0;
    for (const CompositionPair& pair : report.composition->pairs) sum += pair.score;
    EXPECT_NEAR(sum / static_cast<double>(report.composition->pairs.size()), 1 / std::sqrt(96), 0.1 / std::sqrt(96));
}

TEST(Composition, swaps_q_and_k_when_q_and_k_are_swapped) {
    const auto first = random_layer(2, 2, 4, 20, 81);
    auto second = random_layer(2, 2, 4, 20, 91);
    const auto a = measure({first, second}, true);
    std::swap(second.q, second.k);
    const auto b = measure({first, second}, true);
    const auto find = [](const WeightReport& report, CompositionKind kind, std::uint32_t from, std::uint32_t to) {
        for (const auto& pair : report.composition->pairs)
            if (pair.kind == kind && pair.from_head == from && pair.to_head == to) return pair.score;
        return -1.0;
    };
    for (std::uint32_t from = 0; from < 2; ++from)
        for (std::uint32_t to = 0; to < 2; ++to)
            EXPECT_NEAR(find(a, CompositionKind::q, from, to), find(b, CompositionKind::k, from, to), 1e-9);
}

TEST(Outliers, name_dead_one_directional_and_twin_heads) {
    auto layer = random_layer(6, 6, 4, 32, 101);
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = 0; j < 32; ++j) {
            layer.q.at(0 * 4 + i, j) = 0;             // head 0 asks nothing
            layer.o.at(j, 1 * 4 + i) *= 1e-4;         // head 1 writes nothing
            if (i > 0) layer.q.at(2 * 4 + i, j) = 0;  // head 2 asks one thing
            for (Dense* m : {&layer.q, &layer.k, &layer.v})
                m->at(4 * 4 + i, j) = m->at(3 * 4 + i, j);  // head 4 is head 3
            layer.o.at(j, 4 * 4 + i) = layer.o.at(j, 3 * 4 + i);
        }
    }
    const auto found = outliers(measure({layer}));
    const auto has = [&found](Oddity oddity, std::uint32_t head) {
        return std::any_of(found.begin(), found.end(),
                           [&](const Outlier& o) { return o.oddity == oddity && o.head == head; });
    };
    EXPECT_TRUE(has(Oddity::no_query, 0));
    EXPECT_TRUE(has(Oddity::no_output, 1));
    EXPECT_TRUE(has(Oddity::one_direction, 2));
    EXPECT_TRUE(has(Oddity::twins, 3));
    EXPECT_EQ(found.size(), 4U);
    EXPECT_TRUE(outliers(measure({random_layer(6, 6, 4, 32, 111)})).empty());
}

TEST(WeightMetrics, have_ids_of_their_own) {
    for (const WeightMetric& metric : weight_metrics()) EXPECT_EQ(find_weight_metric(metric.id), &metric);
    EXPECT_EQ(find_weight_metric("nonsense"), nullptr);
}

}  // namespace
}  // namespace attnx::analysis
