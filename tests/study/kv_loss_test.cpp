#include "attnx/study/kv_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "attnx/analysis/kv_cost.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "support/loaded_model.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

using gguf::TensorType;

const test::TinyModel kTiny{.width = 128, .heads = 2, .kv_heads = 2, .vocabulary = 40, .context = 256};

Prompt prompt_of(std::size_t tokens) {
    Prompt prompt;
    for (std::size_t i = 0; i < tokens; ++i) prompt.ids.push_back(static_cast<std::uint32_t>((i * i + 3 * i + 1) % 40));
    return prompt;
}

CachePair both(TensorType type) { return {type, type}; }

TEST(KvLoss, of_the_reference_itself_is_nothing) {
    const test::LoadedModel model(kTiny.bytes());
    const KvLoss told = kv_loss(model.file, model.spec, prompt_of(30), {.types = {both(TensorType::f16)}});
    ASSERT_EQ(told.rows.size(), 1u);
    EXPECT_EQ(told.rows[0].kl_max, 0);
    EXPECT_EQ(told.rows[0].top1_agreement, 1);
    EXPECT_EQ(*told.rows[0].loss_change, 0);
    EXPECT_EQ(told.rows[0].attention_js_mean, 0);
    EXPECT_EQ(told.rows[0].bytes, told.reference_bytes);
    EXPECT_TRUE(told.rows[0].at_noise_floor);
    EXPECT_GT(*told.loss, 0);
}

TEST(KvLoss, grows_with_the_coarseness_of_the_type) {
    const test::LoadedModel model(kTiny.bytes());
    const KvLoss told =
        kv_loss(model.file, model.spec, prompt_of(60),
                {.types = {both(TensorType::q8_0), both(TensorType::q5_0), both(TensorType::q4_0)}, .context = 4096});
    ASSERT_EQ(told.rows.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        const CacheLoss& row = told.rows[i];
        if (i > 0) {
            EXPECT_GT(row.kl_mean, told.rows[i - 1].kl_mean);
            EXPECT_GT(row.attention_js_mean, told.rows[i - 1].attention_js_mean);
        }
        EXPECT_LE(row.kl_mean, row.kl_p99);
        EXPECT_LE(row.kl_p99, row.kl_max);
        EXPECT_GE(row.worst.js, row.attention_js_mean);
        EXPECT_NEAR(*row.loss - *told.loss, *row.loss_change, 1e-12);
        const analysis::ContextParams params{.context = 4096, .type_k = row.types.keys, .type_v = row.types.values};
        EXPECT_EQ(row.bytes, analysis::kv_cost(model.spec, params).total_bytes);
    }
    EXPECT_FALSE(told.rows[2].at_noise_floor);
}

TEST(KvLoss, tells_the_noise_beside_it) {
    const test::LoadedModel model(kTiny.bytes());
    const KvLoss on = kv_loss(model.file, model.spec, prompt_of(30), {});
    ASSERT_TRUE(on.noise.has_value());
    EXPECT_TRUE(on.flash_attention);
    EXPECT_GT(on.noise->kl_mean, 0);
    const KvLoss off = kv_loss(model.file, model.spec, prompt_of(30), {.flash_attention = false});
    EXPECT_FALSE(off.flash_attention);
    EXPECT_NEAR(*off.loss, *on.noise->loss, 1e-12) << "the other way is the one that was asked for now";
    const KvLoss floats =
        kv_loss(model.file, model.spec, prompt_of(30), {.run = {.numerics = forward::Numerics::floats}});
    EXPECT_FALSE(floats.noise.has_value());
}

TEST(KvLoss, tells_what_would_be_forgotten) {
    const test::LoadedModel model(kTiny.bytes());
    const KvLoss told = kv_loss(model.file, model.spec, prompt_of(20), {.sinks = 1, .windows = {3, 30}});
    ASSERT_EQ(told.eviction.size(), 2u);
    EXPECT_EQ(told.eviction[0].window, 3u);
    EXPECT_NEAR(told.eviction[0].kept_share, 4.0 / 20, 1e-12);
    EXPECT_GT(told.eviction[0].mass_lost_mean, 0);
    EXPECT_GE(told.eviction[0].worst.mass_lost, told.eviction[0].mass_lost_mean);
    EXPECT_EQ(told.eviction[1].mass_lost_mean, 0);
    const KvLoss by_itself = kv_loss(model.file, model.spec, prompt_of(20), {});
    ASSERT_EQ(by_itself.eviction.size(), 2u);
    EXPECT_EQ(by_itself.eviction[0].window, 5u);
    EXPECT_EQ(by_itself.eviction[1].window, 10u);
}

TEST(KvLoss, of_one_token_has_no_loss) {
    const test::LoadedModel model(kTiny.bytes());
    const KvLoss told = kv_loss(model.file, model.spec, prompt_of(1), {.types = {both(TensorType::q4_0)}});
    EXPECT_FALSE(told.loss.has_value());
    EXPECT_FALSE(told.rows[0].loss_change.has_value());
    EXPECT_TRUE(told.eviction.empty());
}

TEST(KvLoss, hears_of_every_step) {
    const test::LoadedModel model(kTiny.bytes());
    std::size_t last = 0, steps = 0;
    kv_loss(model.file, model.spec, prompt_of(40), {.types = {both(TensorType::q8_0)}},
            [&](std::size_t done, std::size_t all) {
                EXPECT_EQ(done, last + 1);
                last = done;
                steps = all;
            });
    EXPECT_EQ(last, steps);
    EXPECT_EQ(steps, 3u + 2u);  // runs, and the answers of 32 tokens at a time
}

TEST(KvLoss, says_what_it_cannot_tell) {
    const test::LoadedModel model(kTiny.bytes());
    const auto refusal = [&](const test::LoadedModel& of, const KvLossQuestion& question) {
        try {
            kv_loss(of.file, of.spec, prompt_of(8), question);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::internal;
    };
    EXPECT_EQ(refusal(model, {.types = {{TensorType::f16, TensorType::q8_0}}, .flash_attention = false}),
              ErrorCode::refused);
    EXPECT_EQ(refusal(model, {.run = {.max_memory = 1024}}), ErrorCode::refused);
    const test::LoadedModel narrow(test::TinyModel{.vocabulary = 40}.bytes());  // heads of 8
    EXPECT_EQ(refusal(narrow, {.types = {both(TensorType::q8_0)}}), ErrorCode::refused);
    test::LoadedModel without(kTiny.bytes());
    without.spec.memory.caches.clear();
    EXPECT_EQ(refusal(without, {}), ErrorCode::unsupported);
    test::LoadedModel indexed(kTiny.bytes());
    indexed.spec.memory.caches.front().kind = model::CacheKind::indexer;
    EXPECT_EQ(refusal(indexed, {}), ErrorCode::unsupported);
}

}  // namespace
}  // namespace attnx::study
