// What a pass tells of how its weights are made: from vectors and scoring alone each weight, and all that attention
// adds to the stream, can be worked out again.
#include <gtest/gtest.h>

#include <cmath>

#include "attnx/analysis/explain.h"
#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/model/visible.h"
#include "attnx/trace/attention.h"
#include "attnx/trace/fan_out.h"
#include "support/golden_model.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

const std::vector<std::uint32_t> kScored{1, 5, 2, 9, 9, 3, 0, 10};

std::vector<float> zeros(std::size_t count) { return std::vector<float>(count); }

// Sums over heads what each adds: W_O of the head times its values, weighted by weights worked out here.
class Recomputed final : public trace::Sink {
public:
    bool wants_vectors(std::uint32_t layer) override { return layer == 0; }
    void vectors(const trace::HeadVectors& vectors) override {
        for (const auto& [from, to] : {std::pair(&vectors.queries, &queries_), std::pair(&vectors.keys, &keys_),
                                       std::pair(&vectors.values, &values_)}) {
            kept_.emplace_back(from->values.begin(), from->values.end());
            *to = *from;
            to->values = kept_.back();
        }
        tokens_ = vectors.tokens;
    }
    bool wants_scoring(std::uint32_t layer) override { return layer == 0; }
    void scoring(const trace::Scoring& scoring) override {
        added = zeros(std::size_t{tokens_} * scoring.width);
        std::vector<float> moved(scoring.width);
        for (std::uint32_t head = 0; head < queries_.heads; ++head)
            for (std::uint32_t query = 0; query < tokens_; ++query) {
                const std::vector<float> mixed = mix(scoring, head, query);
                scoring.moved(head, mixed, moved);
                for (std::size_t i = 0; i < moved.size(); ++i) added[query * moved.size() + i] += moved[i];
            }
    }
    bool wants_block_output(std::uint32_t layer) override { return layer == 0; }
    void block_output(std::uint32_t, std::span<const float> values, std::uint32_t) override {
        output.assign(values.begin(), values.end());
    }

    std::vector<float> added, output;

private:
    std::vector<float> mix(const trace::Scoring& scoring, std::uint32_t head, std::uint32_t query) const {
        const std::uint32_t kv_head = head * keys_.heads / queries_.heads;
        analysis::WeightProblem problem{.scale = static_cast<double>(scoring.scale)};
        const auto q = queries_.of(query, head);
        problem.query.assign(q.begin(), q.end());
        for (std::uint32_t key = 0; key <= query; ++key) {
            const auto k = keys_.of(key, kv_head), v = values_.of(key, kv_head);
            problem.keys.emplace_back(k.begin(), k.end());
            problem.values.emplace_back(v.begin(), v.end());
        }
        const analysis::Numbers mixed = analysis::explain(problem).output;
        return {mixed.begin(), mixed.end()};
    }

    std::vector<std::vector<float>> kept_;
    trace::TokenVectors queries_, keys_, values_;
    std::uint32_t tokens_ = 0;
};

TEST(Scoring, tells_all_that_attention_adds_to_the_stream) {
    const test::TinyModel model{
        .heads = 4, .kv_heads = 2, .layers = 1, .change = [](std::string_view name, std::uint64_t, float v) {
            return name == "blk.0.ffn_down.weight" ? 0.0F : v;
        }};
    const auto bytes = model.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Recomputed told;
    SessionOptions in_floats;  // llama.cpp's arithmetic rounds weights before they pick values
    in_floats.numerics = Numerics::floats;
    Session(file, model::build_spec(file), in_floats).feed(kScored, told);
    ASSERT_EQ(told.added.size(), kScored.size() * 16);
    double most = 0;
    for (std::size_t i = 0; i < told.added.size(); ++i) {
        const auto embedded = test::golden_weight("token_embd.weight", 7, kScored[i / 16] * 16 + i % 16, 1.0F, 0.0F);
        EXPECT_NEAR(embedded + told.added[i], told.output[i], 1e-5) << i;
        most = std::max(most, std::abs(static_cast<double>(told.added[i])));
    }
    EXPECT_GT(most, .01) << "something was added";
}

TEST(Scoring, is_told_only_to_those_who_want_it_and_after_the_vectors) {
    class Order final : public trace::Sink {
    public:
        bool wants_vectors(std::uint32_t layer) override { return layer == 1; }
        void vectors(const trace::HeadVectors&) override { diary += 'v'; }
        bool wants_scoring(std::uint32_t layer) override { return layer == 1; }
        void scoring(const trace::Scoring&) override { diary += 's'; }
        bool wants_attention(std::uint32_t layer) override { return layer == 1; }
        void attention(const trace::AttentionRows&) override { diary += 'a'; }
        std::string diary;
    };
    const auto bytes = test::TinyModel{}.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Order order;
    trace::FanOut both({&order});
    Session(file, model::build_spec(file)).feed(kScored, both);
    EXPECT_EQ(order.diary, "vsaa") << "one layer of two heads";
}

}  // namespace
}  // namespace attnx::forward
