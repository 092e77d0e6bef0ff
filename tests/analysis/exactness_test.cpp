// What kv-cost may call exact, and what one further token costs. The models are those that people reported.
#include <gtest/gtest.h>

#include "attnx/analysis/kv_cost.h"
#include "attnx/analysis/loads.h"
#include "model/tiny.h"

namespace attnx::analysis {
namespace {

// gpt-oss 20B's keys as llama.cpp and as Ollama write them.
test::GgufBuilder gpt_oss(const std::string& name) {
    test::GgufBuilder file;
    file.key("general.architecture", name);
    const auto key = [&](const char* of, test::GgufValue value) { file.key(name + "." + of, std::move(value)); };
    key("context_length", 131072U);
    key("embedding_length", 2880U);
    key("feed_forward_length", 2880U);
    key("expert_feed_forward_length", 2880U);
    key("block_count", 24U);
    key("expert_count", 32U);
    key("expert_used_count", 4U);
    key("attention.head_count", 64U);
    key("attention.head_count_kv", 8U);
    key("attention.key_length", 64U);
    key("attention.value_length", 64U);
    key("attention.layer_norm_rms_epsilon", 1e-5F);
    key("attention.sliding_window", 128U);
    return file;
}

ContextParams context_of(std::uint64_t tokens) {
    ContextParams params;
    params.context = tokens;
    return params;
}

TEST(Exactness, is_claimed_for_a_known_architecture) {
    const auto spec = test::spec_of(gpt_oss("gpt-oss"));
    EXPECT_EQ(estimate_reason(spec), std::nullopt);
    EXPECT_EQ(kv_cost(spec, context_of(8192)).total_bytes, 210ULL << 20);
}

TEST(Exactness, is_not_claimed_for_a_forks_name_although_the_figure_is_the_known_ones) {
    const auto spec = test::spec_of(gpt_oss("gptoss"));
    EXPECT_EQ(spec.title, "gpt-oss");
    EXPECT_EQ(spec.fork_of, "gpt-oss");
    EXPECT_EQ(kv_cost(spec, context_of(8192)).total_bytes, 210ULL << 20);
    ASSERT_TRUE(estimate_reason(spec));
    EXPECT_NE(estimate_reason(spec)->find("gpt-oss only"), std::string::npos);
    const auto bytes = gpt_oss("gptoss").bytes();
    const LoadVerdict verdict = loads(gguf::File::from_bytes(bytes, "model.gguf"));
    ASSERT_TRUE(verdict.refusal) << "llama.cpp does not know the name";
    EXPECT_EQ(verdict.refusal->name, "general.architecture");
}

TEST(Exactness, is_not_claimed_without_a_row) { EXPECT_TRUE(estimate_reason(test::spec_of(gpt_oss("nobody-knows")))); }

TEST(FurtherToken, costs_nothing_in_windows_that_are_full) {
    const auto spec = test::spec_of(gpt_oss("gpt-oss"));
    EXPECT_DOUBLE_EQ(further_token_bytes(spec, {}), 12.0 * 8 * (64 + 64) * 2) << "every other layer sees everything";
    EXPECT_EQ(kv_bytes_per_token_short(spec), 24U * 8 * (64 + 64) * 2);
}

// A row of 512 halves for 128 tokens.
TEST(FurtherToken, costs_its_share_of_a_row_in_compressed_caches) {
    model::ModelSpec spec;
    spec.support = model::Support::known;
    model::CachePlan plan;
    plan.cells = model::CellRule::compressed;
    plan.ratio = 128;
    plan.layers.push_back({});
    plan.layers.back().key_elements = 512;
    spec.memory.caches.push_back(plan);
    EXPECT_DOUBLE_EQ(further_token_bytes(spec, {}), 512.0 * 2 / 128);
}

}  // namespace
}  // namespace attnx::analysis
