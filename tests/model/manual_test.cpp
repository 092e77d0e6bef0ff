#include "attnx/model/manual.h"

#include <gtest/gtest.h>

#include "attnx/analysis/kv_cost.h"
#include "attnx/base/error.h"
#include "tiny.h"

namespace attnx::model {
namespace {

using analysis::kv_cost;

analysis::ContextParams context(std::uint64_t tokens) {
    analysis::ContextParams params;
    params.context = tokens;
    return params;
}

TEST(ManualGeometry, gives_the_known_answer_of_smollm2) {
    const ModelSpec spec =
        build_spec(ManualGeometry{.layers = 30, .heads = 9, .kv_heads = 3, .head_dim = 64, .context = 8192});
    EXPECT_EQ(spec.support, Support::by_hand);
    EXPECT_EQ(spec.embedding_length, 576U);
    EXPECT_EQ(analysis::kv_bytes_per_token_short(spec), 23'040U);
    EXPECT_EQ(kv_cost(spec, context(2048)).total_bytes, 47'185'920U);
    EXPECT_EQ(kv_cost(spec, context(2048)).naive_bytes, 47'185'920U);
}

TEST(ManualGeometry, gives_the_known_answer_of_gemma_3_270m) {
    const ModelSpec spec = build_spec(ManualGeometry{
        .layers = 18, .heads = 4, .kv_heads = 1, .head_dim = 256, .window = 512, .window_period = 6, .embedding = 640});
    EXPECT_EQ(kv_cost(spec, context(2048)).total_bytes, 22'020'096U);
}

TEST(ManualGeometry, keeps_one_row_per_token_with_a_latent_rank) {
    const ModelSpec spec = build_spec(
        ManualGeometry{.layers = 61, .heads = 128, .latent_rank = 512, .rope_dimensions = 64, .embedding = 7168});
    EXPECT_TRUE(spec.mla);
    EXPECT_EQ(kv_cost(spec, context(32768)).total_bytes, 2'302'672'896U) << "DeepSeek V3, as in kv-vectors.json";
}

TEST(ManualGeometry, completes_what_follows) {
    const ModelSpec spec = build_spec(ManualGeometry{.layers = 2, .heads = 4, .embedding = 128});
    EXPECT_EQ(spec.layers[1].head_count_kv, 4U);
    EXPECT_EQ(spec.layers[1].head_dim_v, 32U);
    EXPECT_EQ(spec.provenance.front().source, Source::assumed);
}

TEST(ManualGeometry, rejects_what_is_incomplete_or_impossible) {
    const ManualGeometry wrong[] = {
        {},
        {.layers = 2},
        {.layers = 2, .heads = 4},
        {.layers = 513, .heads = 4, .head_dim = 32},
        {.layers = 2, .heads = 4, .kv_heads = 8, .head_dim = 32},
        {.layers = 2, .heads = 4, .head_dim = 32, .window_period = 6},
        {.layers = 2, .heads = 0x10000, .head_dim = 0x10000},
        {.layers = 2, .kv_heads = 2, .latent_rank = 512},
        {.layers = 2, .latent_rank = 0xFFFFFFFF, .rope_dimensions = 64},
        {.layers = 2, .heads = 200, .embedding = 128},
    };
    for (const ManualGeometry& geometry : wrong)
        EXPECT_EQ(test::code_of([&] { build_spec(geometry); }), ErrorCode::bad_geometry) << &geometry - wrong;
}

}  // namespace
}  // namespace attnx::model
