// kv-loss, typed at a prompt.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/sample.h"

namespace attnx::test {
namespace {

using nlohmann::json;

constexpr const char* kText = "the cat sat on the mat and the cat sat on the mat and the dog sat on the log";

class KvLossCommandLine : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(kSample)) GTEST_SKIP() << "the build has not written sample.gguf";
    }
};

TEST_F(KvLossCommandLine, tells_what_each_type_costs_beside_what_it_takes) {
    const Result result = run_cli({"kv-loss", kSample, "-p", kText, "-ctk", "q8_0", "-ctv", "q8_0,q4_0", "-c", "2k",
                                   "--sinks", "1", "--window", "4", "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(contract_violations(result.out), std::vector<std::string>{});
    const json answer = json::parse(result.out)["result"];
    EXPECT_EQ(answer["reference"]["cache_type_k"], "f16");
    EXPECT_EQ(answer["flash_attn"], true);
    ASSERT_EQ(answer["rows"].size(), 2u);
    EXPECT_EQ(answer["rows"][1]["cache_type_k"], "q8_0");
    EXPECT_EQ(answer["rows"][1]["cache_type_v"], "q4_0");
    EXPECT_GT(answer["rows"][1]["kl_mean"], answer["rows"][0]["kl_mean"]);
    EXPECT_GT(answer["noise"]["kl_mean"], 0);
    ASSERT_EQ(answer["eviction"].size(), 1u);
    EXPECT_EQ(answer["eviction"][0]["window"], 4);
    for (const json& row : answer["rows"]) {
        const std::string k = row["cache_type_k"], v = row["cache_type_v"];
        const Result cost = run_cli({"kv-cost", kSample, "-c", "2k", "-ctk", k, "-ctv", v, "--json"});
        EXPECT_EQ(row["bytes"], json::parse(cost.out)["result"]["total_bytes"]);
    }
}

TEST_F(KvLossCommandLine, says_which_types_lie_in_the_noise) {
    const Result result = run_cli({"kv-loss", kSample, "-p", kText, "-ctk", "f16,q4_0", "-ctv", "f16,q4_0"});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("at its floor"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("What f16 costs cannot be told from it"), std::string::npos) << result.out;
}

TEST_F(KvLossCommandLine, refuses_what_llama_cpp_refuses) {
    const Result flash = run_cli({"kv-loss", kSample, "-p", kText, "-fa", "off", "-ctv", "q8_0"});
    EXPECT_EQ(flash.status, 2);
    EXPECT_NE(flash.err.find("needs flash attention"), std::string::npos) << flash.err;
    EXPECT_EQ(run_cli({"kv-loss", kSample, "-p", kText, "-ctk", "q6_K"}).status, 2);
    EXPECT_EQ(run_cli({"kv-loss", kSample, "-p", kText, "-ctk", "q8_0,q4_0", "-ctv", "f16,f16,f16"}).status, 2);
    EXPECT_EQ(run_cli({"kv-loss", kSample, "-p", kText, "--window", "0"}).status, 2);
}

}  // namespace
}  // namespace attnx::test
