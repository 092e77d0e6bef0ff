#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "support/attention_model.h"
#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

class WeightsCommand : public ::testing::Test {
protected:
    void SetUp() override {
        GgufBuilder builder;
        builder.key("general.architecture", "llama")
            .key("llama.block_count", 3U)
            .key("llama.context_length", 64U)
            .key("llama.embedding_length", 32U);
        builder.key("llama.feed_forward_length", 8U)
            .key("llama.attention.head_count", 4U)
            .key("llama.attention.head_count_kv", 2U);
        builder.key("llama.attention.layer_norm_rms_epsilon", 1e-5F)
            .key("llama.rope.dimension_count", 8U)
            .key("llama.vocab_size", 4U);
        for (std::uint32_t i = 0; i < 3; ++i) add_attention(builder, i, random_layer(4, 2, 8, 32, 10 * i + 1));
        builder.write(model_);
    }
    Result weights(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"weights", model_});
        return run_cli(arguments);
    }
    nlohmann::json json(std::vector<std::string> arguments) {
        arguments.push_back("--json");
        const Result result = weights(arguments);
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(contract_violations(result.out), std::vector<std::string>{});
        return nlohmann::json::parse(result.out)["result"];
    }

    TempDir folder_;
    std::string model_ = (folder_ / "m.gguf").string();
};

TEST_F(WeightsCommand, answers_with_every_head_of_every_layer) {
    const auto result = json({});
    EXPECT_EQ(result["layers"].size(), 3U);
    ASSERT_EQ(result["heads"].size(), 12U);
    EXPECT_EQ(result["heads"][6]["kv_head"], 1);
    EXPECT_EQ(result["heads"][6]["qk_singular_values"].size(), 8U);
    EXPECT_EQ(result["similarity"][2]["ov"].size(), 4U);
    EXPECT_NEAR(result["similarity"][2]["ov"][1][1].get<double>(), 1, 1e-6);
    EXPECT_FALSE(result.contains("composition"));
}

TEST_F(WeightsCommand, selects_layers_and_heads) {
    EXPECT_EQ(json({"--layers", "0,2"})["heads"].size(), 8U);
    EXPECT_EQ(json({"--heads", "1-2"})["heads"].size(), 6U);
    const auto one = json({"--heads", "L1H3"});
    ASSERT_EQ(one["heads"].size(), 1U);
    EXPECT_EQ(one["heads"][0]["layer"], 1);
    EXPECT_EQ(one["layers"].size(), 1U);
    for (const std::vector<std::string>& absent :
         {std::vector<std::string>{"--layers", "3"}, {"--heads", "9"}, {"--heads", "5.0"}})
        EXPECT_EQ(weights(absent).status, 1) << absent[1];
    EXPECT_EQ(weights({"--layers", "x"}).status, 2);
}

TEST_F(WeightsCommand, prints_the_random_baseline_and_all_compositions) {
    const auto result = json({"--composition"})["composition"];
    EXPECT_NEAR(result["baseline"].get<double>(), 1 / std::sqrt(32), 1e-12);
    EXPECT_TRUE(result["k"][1][0][0][0].is_null());
    const auto& best = result["strongest"][0];
    EXPECT_NEAR(best["score"].get<double>() - best["above_baseline"].get<double>(), 1 / std::sqrt(32), 1e-12);
    EXPECT_NEAR(result["q"][best["from_layer"].get<std::size_t>()][best["from_head"].get<std::size_t>()]
                      [best["to_layer"].get<std::size_t>()][best["to_head"].get<std::size_t>()]
                          .get<double>(),
                best["score"].get<double>(), 1e-6);
    EXPECT_NE(weights({"--composition"}).out.find("random baseline"), std::string::npos);
}

TEST_F(WeightsCommand, brackets_heads_that_share_keys_and_values) {
    const std::string out = weights({"--layers", "0"}).out;
    EXPECT_NE(out.find("0 ┐"), std::string::npos) << out;
    EXPECT_NE(out.find("1 ┐"), std::string::npos);
    EXPECT_NE(out.find("Layer 0: 4 heads over 2 KV heads of 8, split"), std::string::npos);
}

TEST_F(WeightsCommand, sorts_all_heads_by_a_metric) {
    const std::string out = weights({"--sort", "copying"}).out;
    EXPECT_NE(out.find("Heads by copying, largest first"), std::string::npos);
    const Result wrong = weights({"--sort", "copyin"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_NE(wrong.err.find("copying"), std::string::npos) << wrong.err;
}

TEST_F(WeightsCommand, draws_one_metric_as_a_map) {
    const std::string out = weights({"--map", "ov_norm"}).out;
    EXPECT_NE(out.find("rows: layers, columns: heads"), std::string::npos) << out;
    EXPECT_NE(out.find("██"), std::string::npos);
    EXPECT_EQ(out.find('\x1b'), std::string::npos);
    const Result colour = run({.arguments = {"weights", model_, "--map", "ov_norm", "--color", "always"},
                               .environment = {{"COLORTERM", "truecolor"}}});
    EXPECT_NE(colour.out.find(";48;2;253;231;37m  "), std::string::npos) << colour.out;  // the greatest
    const Result ascii = run({.arguments = {"weights", model_, "--map", "ov_norm"}, .environment = {{"LC_ALL", "C"}}});
    EXPECT_NE(ascii.out.find("@@"), std::string::npos) << ascii.out;
    const std::string copying = weights({"--map", "copying"}).out;  // -1 to 1: blue and red where there are colours
    EXPECT_NE(copying.find("╌"), std::string::npos) << copying;
}

TEST_F(WeightsCommand, writes_a_line_per_head_as_csv) {
    const std::string out = weights({"--format", "csv"}).out;
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 13);
    EXPECT_EQ(out.rfind("layer,head,kv_head,q_norm,", 0), 0U) << out.substr(0, 80);
}

}  // namespace
}  // namespace attnx::test
