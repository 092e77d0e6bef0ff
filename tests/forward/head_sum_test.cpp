// An identity of docs/known-answers.md: what attention adds to the stream is the sum over heads of W_O^h
// z_h, z_h the values weighted by the rows that the sink was told. Worked out here in double from the weights' formula.
#include <gtest/gtest.h>

#include <cmath>

#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/trace/attention.h"
#include "support/golden_model.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

using Vector = std::vector<double>;

constexpr std::uint32_t kSumWidth = 16, kSumHeads = 4, kSumKvHeads = 2, kSumDim = kSumWidth / kSumHeads;
const std::vector<std::uint32_t> kSumTokens{1, 5, 2, 9, 9, 3, 0, 10};

class Recorder final : public trace::Sink {
public:
    bool wants_attention(std::uint32_t) override { return true; }
    void attention(const trace::AttentionRows& rows) override { maps.attention(rows); }
    bool wants_block_output(std::uint32_t) override { return true; }
    void block_output(std::uint32_t, std::span<const float> values, std::uint32_t) override {
        output.assign(values.begin(), values.end());
    }

    trace::AttentionRecorder maps;
    std::vector<float> output;
};

double weight(const char* name, std::uint64_t row, std::uint64_t column, float scale, float bias = 0.0F) {
    return static_cast<double>(test::golden_weight(name, 7, row * kSumWidth + column, scale, bias));
}

Vector embedding(std::uint32_t token) {
    Vector x(kSumWidth);
    for (std::uint32_t i = 0; i < kSumWidth; ++i) x[i] = weight("token_embd.weight", token, i, 1.0F);
    return x;
}

Vector normalized(Vector x) {
    double squares = 0;
    for (const double v : x) squares += v * v;
    for (std::uint32_t i = 0; i < kSumWidth; ++i)
        x[i] *= weight("blk.0.attn_norm.weight", 0, i, 0.2F, 1.0F) / std::sqrt(squares / kSumWidth + 1e-5);
    return x;
}

// One head's value of a token.
Vector value_of(std::uint32_t token, std::uint32_t kv_head) {
    const Vector x = normalized(embedding(token));
    Vector v(kSumDim);
    for (std::uint32_t d = 0; d < kSumDim; ++d)
        for (std::uint32_t i = 0; i < kSumWidth; ++i)
            v[d] += weight("blk.0.attn_v.weight", kv_head * kSumDim + d, i, 0.5F) * x[i];
    return v;
}

TEST(Session, adds_to_the_stream_what_its_heads_read_through_the_rows_it_told) {
    const test::TinyModel model{.width = kSumWidth,
                                .heads = kSumHeads,
                                .kv_heads = kSumKvHeads,
                                .layers = 1,
                                .change = [](std::string_view name, std::uint64_t, float value) {
                                    return name == "blk.0.ffn_down.weight" ? 0.0F : value;
                                }};
    const auto bytes = model.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Recorder told;
    SessionOptions in_floats;  // llama.cpp's arithmetic rounds what the sums below do not
    in_floats.numerics = Numerics::floats;
    Session(file, model::build_spec(file), in_floats).feed(kSumTokens, told);

    const trace::AttentionMap& map = told.maps.maps().at(0);
    ASSERT_EQ(told.output.size(), kSumTokens.size() * kSumWidth);
    for (std::uint32_t query = 0; query < kSumTokens.size(); ++query) {
        Vector stream = embedding(kSumTokens[query]);
        for (std::uint32_t head = 0; head < kSumHeads; ++head) {
            Vector z(kSumDim);
            for (std::uint32_t key = 0; key <= query; ++key) {
                const Vector v = value_of(kSumTokens[key], head / (kSumHeads / kSumKvHeads));
                for (std::uint32_t d = 0; d < kSumDim; ++d)
                    z[d] += static_cast<double>(map.row(head, query)[key]) * v[d];
            }
            for (std::uint32_t i = 0; i < kSumWidth; ++i)
                for (std::uint32_t d = 0; d < kSumDim; ++d)
                    stream[i] += weight("blk.0.attn_output.weight", i, head * kSumDim + d, 0.5F) * z[d];
        }
        for (std::uint32_t i = 0; i < kSumWidth; ++i)
            EXPECT_NEAR(told.output[query * kSumWidth + i], stream[i], 1e-5) << query << ' ' << i;
    }
}

}  // namespace
}  // namespace attnx::forward
