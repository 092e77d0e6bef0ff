// Keys and values kept in the types of llama.cpp's cache.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "attnx/analysis/next_token.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/tensor/encode.h"
#include "support/loaded_model.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

using gguf::TensorType;

// Heads of 64: rows of a quantised cache are rotated. Queries and keys are short enough for weights that are not all on
// one key.
const test::TinyModel kTinyCached{
    .width = 256,
    .heads = 4,
    .kv_heads = 2,
    .vocabulary = 40,
    .context = 256,
    .change = [](std::string_view tensor, std::uint64_t, float value) {
        return tensor.ends_with("attn_q.weight") || tensor.ends_with("attn_k.weight") ? 0.15F * value : value;
    }};

std::vector<std::uint32_t> text_ids(std::size_t count) {
    std::vector<std::uint32_t> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(static_cast<std::uint32_t>((i * i + 3 * i + 1) % 40));
    return all;
}

class CachedMaps final : public trace::Sink {
public:
    bool wants_attention(std::uint32_t) override { return true; }
    void attention(const trace::AttentionRows& rows) override {
        for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query)
            for (const float weight : rows.row(query)) weights.push_back(weight);
    }
    std::vector<float> weights;
};

struct CachedRead {
    std::vector<float> logits, weights;
};

CachedRead read_with(const test::LoadedModel& model, std::size_t tokens, SessionOptions options,
                     std::size_t in_parts_of = 1000) {
    Session session(model.file, model.spec, options);
    CachedMaps maps;
    CachedRead result;
    const std::vector<std::uint32_t> all = text_ids(tokens);
    for (std::size_t first = 0; first < tokens; first += in_parts_of)
        result.logits = session.feed(std::span(all).subspan(first, std::min(in_parts_of, tokens - first)), maps,
                                     {.last_layer = {}, .logits = true});
    result.weights = std::move(maps.weights);
    return result;
}

SessionOptions kept_as(TensorType keys, TensorType values, bool flash) {
    SessionOptions options;
    options.threads = 2;
    options.cache = CacheTypes{keys, values, flash};
    return options;
}

double kl_of(const CachedRead& a, const CachedRead& b) {
    return analysis::NextToken(a.logits).divergence_to(analysis::NextToken(b.logits));
}

double most_apart(const std::vector<float>& a, const std::vector<float>& b) {
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(static_cast<double>(a[i] - b.at(i))));
    return most;
}

TEST(Cache, in_halves_is_as_good_with_flash_attention_as_without) {
    const test::LoadedModel model(kTinyCached.bytes());
    for (const std::size_t tokens : {20U, 100U}) {  // key by key, and in tiles
        const CachedRead off = read_with(model, tokens, kept_as(TensorType::f16, TensorType::f16, false));
        const CachedRead on = read_with(model, tokens, kept_as(TensorType::f16, TensorType::f16, true));
        EXPECT_LT(most_apart(off.weights, on.weights), 5e-3) << tokens;
        EXPECT_LT(kl_of(off, on), 1e-4) << tokens;
        EXPECT_NE(off.logits, on.logits) << "another order of sums";
    }
}

TEST(Cache, in_floats_is_read_as_halves_by_flash_attention) {
    const test::LoadedModel model(kTinyCached.bytes());
    EXPECT_EQ(read_with(model, 20, kept_as(TensorType::f32, TensorType::f32, true)).logits,
              read_with(model, 20, kept_as(TensorType::f16, TensorType::f16, true)).logits);
    EXPECT_NE(read_with(model, 20, kept_as(TensorType::f32, TensorType::f32, false)).logits,
              read_with(model, 20, kept_as(TensorType::f16, TensorType::f16, false)).logits);
}

TEST(Cache, of_every_type_is_as_far_from_floats_as_it_is_coarse) {
    const test::LoadedModel model(kTinyCached.bytes());
    const CachedRead exact = read_with(model, 40, kept_as(TensorType::f32, TensorType::f32, false));
    std::map<TensorType, double> apart;
    for (const TensorType type : tensor::cache_types())
        apart[type] = most_apart(exact.weights, read_with(model, 40, kept_as(type, type, true)).weights);
    EXPECT_LT(apart[TensorType::f16], 2e-3);
    EXPECT_GT(apart[TensorType::bf16], apart[TensorType::f16]);
    EXPECT_LT(apart[TensorType::q8_0], 0.05);
    EXPECT_GT(apart[TensorType::q5_0], apart[TensorType::q8_0]);
    EXPECT_GT(apart[TensorType::q4_0], apart[TensorType::q5_0]);
    for (const auto& [type, most] : apart) EXPECT_LT(most, 0.5) << gguf::row(type).name;
}

// What is kept is rotated, so it can be another basis that it is rounded in: an outlier of one dimension is spread.
TEST(Cache, rotation_spares_the_others_of_a_head_with_an_outlier) {
    const test::TinyModel outlier{.width = 256,
                                  .heads = 4,
                                  .kv_heads = 2,
                                  .layers = 1,
                                  .vocabulary = 40,
                                  .context = 256,
                                  .change = [](std::string_view tensor, std::uint64_t index, float value) {
                                      const bool first = tensor.ends_with("attn_v.weight") && index / 256 % 64 == 5;
                                      return first ? 40.0F * value : value;
                                  }};
    test::LoadedModel model(outlier.bytes());
    const auto cost = [&] {
        return kl_of(read_with(model, 40, kept_as(TensorType::f32, TensorType::f32, true)),
                     read_with(model, 40, kept_as(TensorType::f32, TensorType::q4_0, true)));
    };
    const double rotated = cost();
    ASSERT_EQ(model.spec.memory.caches.front().value_rotation, 64u);
    model.spec.memory.caches.front().value_rotation = 0;
    EXPECT_NE(cost(), rotated);
}

TEST(Cache, is_read_back_as_it_was_kept_when_a_text_comes_in_parts) {
    const test::LoadedModel model(kTinyCached.bytes());
    for (const TensorType type : tensor::cache_types()) {
        const CachedRead whole = read_with(model, 30, kept_as(type, type, true)),
                         parts = read_with(model, 30, kept_as(type, type, true), 7);
        EXPECT_EQ(whole.logits, parts.logits) << gguf::row(type).name;
    }
}

TEST(Cache, keys_may_be_quantised_without_flash_attention) {
    const test::LoadedModel model(kTinyCached.bytes());
    const CachedRead f16 = read_with(model, 40, kept_as(TensorType::f16, TensorType::f16, false));
    const CachedRead off = read_with(model, 40, kept_as(TensorType::q8_0, TensorType::f16, false));
    const CachedRead on = read_with(model, 40, kept_as(TensorType::q8_0, TensorType::f16, true));
    EXPECT_LT(most_apart(off.weights, on.weights), 1e-2) << "the products with keys are the same";
    EXPECT_NE(off.weights, f16.weights);
    EXPECT_LT(kl_of(f16, off), 0.05);
}

TEST(Cache, among_floats_rounds_what_it_keeps_and_nothing_else) {
    const test::LoadedModel model(kTinyCached.bytes());
    const auto floats = [](std::optional<CacheTypes> cache) {
        SessionOptions options;
        options.threads = 2;
        options.numerics = Numerics::floats;
        options.cache = cache;
        return options;
    };
    const CachedRead exact = read_with(model, 40, floats({})),
                     same = read_with(model, 40, floats(CacheTypes{TensorType::f32, TensorType::f32, true})),
                     coarse = read_with(model, 40, floats(CacheTypes{TensorType::q4_0, TensorType::q4_0, true}));
    EXPECT_EQ(exact.logits, same.logits);
    EXPECT_NE(exact.logits, coarse.logits);
}

TEST(Cache, of_blocks_that_do_not_fit_a_head_is_refused) {
    const test::LoadedModel model(test::TinyModel{}.bytes());  // heads of 8
    EXPECT_THROW(read_with(model, 4, kept_as(TensorType::q8_0, TensorType::f16, true)), Error);
}

}  // namespace
}  // namespace attnx::forward
