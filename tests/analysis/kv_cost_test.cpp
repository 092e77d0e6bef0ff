#include "attnx/analysis/kv_cost.h"

#include <gtest/gtest.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "attnx/model/manual.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/read_json.h"

namespace attnx::analysis {
namespace {

using nlohmann::json;

ContextParams params_of(const json& given) {
    const auto number = [&](const char* name, std::uint64_t otherwise) {
        return given.contains(name) ? given.at(name).get<std::uint64_t>() : otherwise;
    };
    const auto type = [&](const char* name) {
        return gguf::find_tensor_type(given.value(name, std::string("f16")))->type;
    };
    ContextParams params;
    params.context = number("n_ctx", 0);
    params.parallel = number("n_seq", 1);
    params.batch = number("n_batch", 2048);
    params.ubatch = number("n_ubatch", 512);
    params.type_k = type("tk");
    params.type_v = type("tv");
    params.flash_attention = number("fa", 1) != 0;
    params.swa_full = number("swa_full", 0) != 0;
    params.unified = number("unified", 0) != 0;
    params.state_snapshots = number("n_rs", 0);
    params.mtp = number("mtp", 0) != 0;
    return params;
}

TEST(KvCost, agrees_with_llama_cpp_on_173_contexts_of_well_known_models) {
    const json vectors = test::read_json(test::golden_dir() / "kv-vectors.json");
    EXPECT_EQ(vectors.size(), 173U);
    for (const json& vector : vectors) {
        SCOPED_TRACE(vector.at("name").get<std::string>() + " " + vector.at("params").dump());
        const auto bytes = test::kv_vector_model(vector.at("meta").dump()).bytes();
        const auto file = gguf::File::from_bytes(bytes, "vector");
        const model::ModelSpec spec = model::build_spec(file);
        EXPECT_TRUE(spec.memory.refusals.empty()) << spec.memory.refusals.front();
        EXPECT_EQ(kv_cost(spec, params_of(vector.at("params"))).total_bytes, vector.at("bytes").get<std::uint64_t>());
    }
    std::cout << vectors.size() << " contexts\n";
}

// 32 layers of head size 128, as llama.cpp b12032 reports them: 32 (128^2 + 64^2) 4 bytes of matrices.
TEST(KvCost, counts_the_matrices_that_rotate_rows_of_quantised_caches) {
    const auto cost_of = [](std::uint32_t head, gguf::TensorType k, gguf::TensorType v) {
        const auto spec = model::build_spec(
            model::ManualGeometry{.layers = 32, .heads = 8, .kv_heads = 8, .head_dim = head, .context = 4096});
        return kv_cost(spec, {.type_k = k, .type_v = v});
    };
    using enum gguf::TensorType;
    const KvCost both = cost_of(128, q8_0, q8_0);
    EXPECT_EQ(both.caches.at(0).rotation_bytes, 2'621'440U);
    EXPECT_EQ(both.total_bytes, both.caches[0].key_bytes + both.caches[0].value_bytes + 2'621'440U);
    EXPECT_EQ(both.layers.at(31).rotation_bytes, 2'621'440U / 32);
    EXPECT_EQ(cost_of(128, q8_0, f16).caches.at(0).rotation_bytes, 32U * 128 * 128 * 4);
    EXPECT_EQ(cost_of(192, q8_0, f16).caches.at(0).rotation_bytes, 32U * 64 * 64 * 4) << "128 does not divide 192";
    EXPECT_EQ(cost_of(96, q8_0, q8_0).caches.at(0).rotation_bytes, 0U) << "64 does not divide 96";
    EXPECT_EQ(cost_of(128, f16, bf16).caches.at(0).rotation_bytes, 0U);
}

// 4 layers of 8 heads on 2 KV heads of 64.
model::ModelSpec plain() {
    return model::build_spec(
        model::ManualGeometry{.layers = 4, .heads = 8, .kv_heads = 2, .head_dim = 64, .context = 4096});
}
constexpr std::uint64_t kPlainTokenBytes = 4 * 2 * (2 * 64) * 2;

std::string refusal(const model::ModelSpec& spec, const ContextParams& params) {
    try {
        kv_cost(spec, params);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::refused);
        return error.message();
    }
    return "not refused";
}

TEST(KvCost, pads_contexts_and_rounds_sequences_up) {
    ContextParams params;
    params.context = 1000;
    EXPECT_EQ(kv_cost(plain(), params).context_allocated, 1024U);
    EXPECT_EQ(kv_cost(plain(), params).total_bytes, 1024 * kPlainTokenBytes);
    params.parallel = 3;
    EXPECT_EQ(kv_cost(plain(), params).context_per_sequence, 512U);
    EXPECT_EQ(kv_cost(plain(), params).total_bytes, 1536 * kPlainTokenBytes);
    params.unified = true;
    EXPECT_EQ(kv_cost(plain(), params).total_bytes, 1024 * kPlainTokenBytes);
}

TEST(KvCost, takes_the_trained_context_for_0_and_refuses_when_there_is_none) {
    EXPECT_EQ(kv_cost(plain(), {}).context_allocated, 4096U);
    const auto untrained = model::build_spec(model::ManualGeometry{.layers = 1, .heads = 1, .head_dim = 64});
    EXPECT_NE(refusal(untrained, {}).find("trained context"), std::string::npos);
}

TEST(KvCost, clamps_the_batch_to_a_causal_context) {
    ContextParams params;
    params.context = 100;
    EXPECT_EQ(kv_cost(plain(), params).ubatch, 100U);
    params.context = 4096;
    params.ubatch = 0;
    EXPECT_EQ(kv_cost(plain(), params).ubatch, 2048U) << "0 means the batch";
}

TEST(KvCost, sums_layers_caches_and_total_alike) {
    const model::ModelSpec spec = model::build_spec(model::ManualGeometry{
        .layers = 6, .heads = 4, .head_dim = 32, .window = 512, .window_period = 3, .context = 8192});
    const KvCost cost = kv_cost(spec, {});
    ASSERT_EQ(cost.caches.size(), 2U);
    EXPECT_EQ(cost.caches[0].kind, model::CacheKind::full);
    EXPECT_EQ(cost.caches[0].layers, 2U);
    EXPECT_EQ(cost.caches[0].cells, 8192U);
    EXPECT_EQ(cost.caches[1].kind, model::CacheKind::sliding);
    EXPECT_EQ(cost.caches[1].layers, 4U);
    EXPECT_EQ(cost.caches[1].cells, 1024U) << "window and ubatch";
    std::uint64_t by_layer = 0, by_cache = 0;
    for (const LayerCost& layer : cost.layers) by_layer += layer.key_bytes + layer.value_bytes;
    for (const CacheCost& cache : cost.caches) by_cache += cache.key_bytes + cache.value_bytes;
    EXPECT_EQ(by_layer, cost.total_bytes);
    EXPECT_EQ(by_cache, cost.total_bytes);
    EXPECT_EQ(cost.layers.size(), 6U);
    ContextParams longer = cost.params;
    longer.context = 16384;
    EXPECT_DOUBLE_EQ(further_token_bytes(spec, cost.params),
                     static_cast<double>(kv_cost(spec, longer).total_bytes - cost.total_bytes) / 8192);
}

TEST(KvCost, wraps_a_huge_window_as_llama_cpp_does) {
    ContextParams params;
    params.context = 8192;
    const auto spec =
        model::build_spec(model::ManualGeometry{.layers = 1, .heads = 1, .head_dim = 64, .window = 0xFFFFFFFF});
    EXPECT_EQ(kv_cost(spec, params).caches.at(0).cells, 512U) << "4294967295 + 512 in 32 bits is 511";
    params.ubatch = 1;
    EXPECT_NE(refusal(spec, params).find("empty"), std::string::npos);
}

TEST(KvCost, says_why_llama_cpp_refuses) {
    ContextParams quantised_v;
    quantised_v.type_v = gguf::TensorType::q8_0;
    quantised_v.flash_attention = false;
    EXPECT_EQ(refusal(plain(), quantised_v), "llama.cpp refuses this context: V cache type q8_0 needs flash attention");

    ContextParams odd_heads;
    odd_heads.type_k = gguf::TensorType::q8_0;
    const auto odd = model::build_spec(model::ManualGeometry{.layers = 2, .heads = 2, .head_dim = 80, .context = 4096});
    EXPECT_EQ(refusal(odd, odd_heads),
              "llama.cpp refuses this context: K cache type q8_0 comes in blocks of 32, which do not "
              "divide the head dimension 80 of layer 0");
    odd_heads.flash_attention = false;
    EXPECT_EQ(refusal(odd, odd_heads), "not refused") << "the row of 160 elements is a multiple of 32";
    const auto odder =
        model::build_spec(model::ManualGeometry{.layers = 2, .heads = 1, .head_dim = 80, .context = 4096});
    EXPECT_NE(refusal(odder, odd_heads).find("no multiple of q8_0's block"), std::string::npos);

    ContextParams mixed;
    mixed.type_k = gguf::TensorType::f32;
    const auto latent =
        model::build_spec(model::ManualGeometry{.layers = 2, .heads = 2, .latent_rank = 64, .context = 4096});
    EXPECT_NE(refusal(latent, mixed).find("must be the same"), std::string::npos);

    ContextParams many;
    many.parallel = 257;
    EXPECT_EQ(refusal(plain(), many), "llama.cpp refuses this context: 257 sequences; at most 256");
    ContextParams none;
    none.batch = none.ubatch = 0;
    EXPECT_NE(refusal(plain(), none).find("both be 0"), std::string::npos);
    ContextParams prediction;
    prediction.mtp = true;
    EXPECT_NE(refusal(plain(), prediction).find("next-token-prediction"), std::string::npos);
    ContextParams endless;
    endless.context = 0xFFFFFFFF;
    EXPECT_NE(refusal(plain(), endless).find("32 bits"), std::string::npos);
}

TEST(KvCost, reports_overflow_instead_of_wrapping) {
    model::ModelSpec spec = plain();
    ContextParams params;
    params.context = 1U << 30;
    for (model::CacheLayer& layer : spec.memory.caches.at(0).layers) layer.key_elements = 0xFFFFFFC0;
    spec.memory.caches.at(0).cells = model::CellRule::fixed;
    for (model::CacheLayer& layer : spec.memory.caches.at(0).layers) layer.state_r_elements = std::uint64_t{1} << 62;
    try {
        kv_cost(spec, params);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::overflow);
    }
    spec.layers[0].head_count_kv = 0xFFFFFFFF;
    spec.embedding_length = 0xFFFFFFFF;
    spec.layers[0].head_count = 1;
    EXPECT_THROW(naive_bytes(spec, 1U << 30), Error);
}

TEST(NaiveBytes, is_what_calculators_say) {
    EXPECT_EQ(naive_bytes(plain(), 1000), 2U * 4 * 2 * 64 * 1000 * 2);
    model::ModelSpec hybrid = plain();
    hybrid.layers[0].head_count = hybrid.layers[0].head_count_kv = 0;
    EXPECT_EQ(naive_bytes(hybrid, 1000), 2U * 4 * 2 * 64 * 1000 * 2) << "the first layer that has heads";
    for (model::LayerSpec& layer : hybrid.layers) layer.head_count_kv = 0;
    EXPECT_EQ(naive_bytes(hybrid, 1000), 0U);
    EXPECT_EQ(naive_bytes({}, 1000), 0U);
}

// The answer fits, and one step more does not.
void expect_largest(const model::ModelSpec& spec, ContextParams params, std::uint64_t budget) {
    const auto found = largest_context(spec, params, budget, 1U << 20);
    ASSERT_TRUE(found);
    const std::uint64_t step = 256 * (params.unified ? 1 : std::max<std::uint64_t>(params.parallel, 1));
    EXPECT_EQ(*found % step, 0U);
    params.context = *found;
    EXPECT_LE(kv_cost(spec, params).total_bytes, budget);
    params.context += step;
    EXPECT_GT(kv_cost(spec, params).total_bytes, budget);
}

TEST(LargestContext, is_the_last_that_fits) {
    EXPECT_EQ(largest_context(plain(), {}, 10'000 * kPlainTokenBytes, 1U << 20), 9984U);
    EXPECT_EQ(largest_context(plain(), {}, 9984 * kPlainTokenBytes, 1U << 20), 9984U);
    EXPECT_EQ(largest_context(plain(), {}, 9984 * kPlainTokenBytes - 1, 1U << 20), 9728U);
    EXPECT_EQ(largest_context(plain(), {}, 255 * kPlainTokenBytes, 1U << 20), std::nullopt);
    EXPECT_EQ(largest_context(plain(), {}, 1 << 20, 255), std::nullopt) << "the limit is below the smallest";
    EXPECT_EQ(largest_context(plain(), {}, UINT64_MAX, 100'000), 99'840U);
    ContextParams three;
    three.parallel = 3;
    for (const std::uint64_t budget : {1'600'000U, 5'000'000U, 77'777'777U}) {
        expect_largest(plain(), {}, budget);
        expect_largest(plain(), three, budget);
        expect_largest(model::build_spec(model::ManualGeometry{
                           .layers = 6, .heads = 4, .head_dim = 32, .window = 512, .window_period = 3}),
                       three, budget * 4);
    }
}

TEST(LargestContext, passes_refusals_on) {
    ContextParams params;
    params.type_v = gguf::TensorType::q8_0;
    params.flash_attention = false;
    EXPECT_THROW(largest_context(plain(), params, 1 << 30, 1 << 20), Error);
}

}  // namespace
}  // namespace attnx::analysis
