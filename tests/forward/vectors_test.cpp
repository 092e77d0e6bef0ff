// What a pass tells beside attention: what blocks read and leave, and queries, keys and values.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/trace/fan_out.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

const std::vector<std::uint32_t> kIds = {1, 5, 9, 3, 2};

struct Copy {
    std::uint32_t heads = 0, dim = 0;
    std::vector<std::vector<std::vector<float>>> tokens;  // [token][head][dim]

    void take(const trace::TokenVectors& vectors, std::uint32_t count) {
        heads = vectors.heads;
        dim = vectors.dim;
        for (std::uint32_t t = 0; t < count; ++t) {
            auto& token = tokens.emplace_back();
            for (std::uint32_t h = 0; h < heads; ++h) {
                const auto vector = vectors.of(t, h);
                token.emplace_back(vector.begin(), vector.end());
            }
        }
    }
};

class Keeper final : public trace::Sink {
public:
    bool wants_vectors(std::uint32_t) override { return true; }
    void vectors(const trace::HeadVectors& told) override {
        q[told.layer].take(told.queries, told.tokens);
        k[told.layer].take(told.keys, told.tokens);
        v[told.layer].take(told.values, told.tokens);
        factor = told.query_factor;
    }
    bool wants_attention(std::uint32_t) override { return true; }
    void attention(const trace::AttentionRows& rows) override {
        for (std::uint32_t i = rows.first_query; i < rows.first_query + rows.query_count; ++i) {
            const auto row = rows.row(i);
            weights[{rows.layer, rows.head, i}].assign(row.begin(), row.end());
        }
    }
    bool wants_embedding() override { return true; }
    void embedding(std::span<const float> values, std::uint32_t) override {
        first.assign(values.begin(), values.end());
    }
    bool wants_block_output(std::uint32_t) override { return true; }
    void block_output(std::uint32_t, std::span<const float> values, std::uint32_t) override {
        last.assign(values.begin(), values.end());
    }
    bool wants_final_norm() override { return true; }
    void final_norm(std::span<const float> values, std::uint32_t) override {
        normed.assign(values.begin(), values.end());
    }

    std::map<std::uint32_t, Copy> q, k, v;
    std::map<std::vector<std::uint32_t>, std::vector<float>> weights;
    std::vector<float> first, last, normed;
    float factor = 0;
};

double dot(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

// The weights told must be the softmax of scale * q.k of the vectors told.
void expect_weights_of_vectors(const Keeper& told, double scale) {
    for (const auto& [place, row] : told.weights) {
        const std::uint32_t layer = place[0], head = place[1], query = place[2];
        const Copy &q = told.q.at(layer), &k = told.k.at(layer);
        std::vector<double> expected;
        double sum = 0;
        for (std::uint32_t j = 0; j <= query; ++j) {
            const double score = scale * dot(q.tokens[query][head], k.tokens[j][head / (q.heads / k.heads)]);
            sum += expected.emplace_back(std::exp(score));
        }
        for (std::uint32_t j = 0; j <= query; ++j)
            ASSERT_NEAR(static_cast<double>(row[j]), expected[j] / sum, 1e-5) << layer << " " << head << " " << query;
    }
}

TEST(Vectors, are_those_whose_products_make_the_weights_in_parts_as_at_once) {
    const test::TinyModel tiny{.width = 32, .heads = 4, .kv_heads = 2};
    const auto bytes = tiny.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file));
    Keeper told;
    session.feed(std::span(kIds).first(3), told);
    session.feed(std::span(kIds).subspan(3), told);
    ASSERT_EQ(told.q.size(), 2u);
    EXPECT_EQ(told.q.at(1).heads, 4u);
    EXPECT_EQ(told.k.at(1).heads, 2u);
    EXPECT_EQ(told.v.at(1).dim, 8u);
    ASSERT_EQ(told.k.at(1).tokens.size(), kIds.size());
    ASSERT_EQ(told.weights.size(), 2 * 4 * kIds.size());
    expect_weights_of_vectors(told, 1 / std::sqrt(8.0));
}

// Embeddings as stored; the norm as Llama defines it: x / sqrt(mean x^2 + eps) times its weights.
TEST(Vectors, of_the_stream_are_the_embedding_and_the_normed_end) {
    const test::TinyModel tiny;
    const auto bytes = tiny.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file));
    Keeper told;
    session.feed(kIds, told);
    ASSERT_EQ(told.first.size(), kIds.size() * tiny.width);
    ASSERT_EQ(told.normed.size(), kIds.size() * tiny.width);
    for (std::size_t t = 0; t < kIds.size(); ++t) {
        double squares = 0;
        for (std::size_t i = 0; i < tiny.width; ++i) {
            EXPECT_EQ(told.first[t * tiny.width + i],
                      test::golden_weight("token_embd.weight", 7, kIds[t] * tiny.width + i, 1, 0));
            const auto x = static_cast<double>(told.last[t * tiny.width + i]);
            squares += x * x;
        }
        for (std::size_t i = 0; i < tiny.width; ++i) {
            const auto weight = static_cast<double>(test::golden_weight("output_norm.weight", 7, i, .2f, 1));
            const auto x = static_cast<double>(told.last[t * tiny.width + i]);
            EXPECT_NEAR(static_cast<double>(told.normed[t * tiny.width + i]),
                        x / std::sqrt(squares / tiny.width + 1e-5) * weight, 1e-5);
        }
    }
}

TEST(Vectors, of_the_end_are_not_told_by_a_pass_that_stops_before) {
    const auto bytes = test::TinyModel{}.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file));
    Keeper told;
    session.feed(kIds, told, {.last_layer = 0, .logits = false});
    EXPECT_TRUE(told.normed.empty());
    EXPECT_FALSE(told.last.empty());
}

// Without attention and block outputs wanted, the last block runs all the same.
TEST(Vectors, of_the_end_are_told_to_whom_wants_nothing_else) {
    class Ender final : public trace::Sink {
    public:
        bool wants_final_norm() override { return true; }
        void final_norm(std::span<const float> values, std::uint32_t) override {
            normed.assign(values.begin(), values.end());
        }
        std::vector<float> normed;
    } ender;
    const auto bytes = test::TinyModel{}.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file)), other(file, model::build_spec(file));
    Keeper all;
    session.feed(kIds, all);
    other.feed(kIds, ender);
    EXPECT_EQ(ender.normed, all.normed);
}

// Latent attention that keeps what is compressed: one key for all heads.
TEST(Vectors, of_latent_attention_make_its_weights_too) {
    const auto json = test::golden_path("deepseek2");
    if (!std::filesystem::exists(json)) GTEST_SKIP() << "NOT CHECKED: " << json << " is not there";
    const auto bytes = test::golden_model_bytes(json, test::Weights::real);
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file));
    Keeper told;
    session.feed(kIds, told);
    ASSERT_FALSE(told.q.empty());
    expect_weights_of_vectors(told, static_cast<double>(session.graph().layers[0].attention.score_scale));
}

}  // namespace
}  // namespace attnx::forward
