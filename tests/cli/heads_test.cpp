// heads and states, typed at a prompt. The sample model's heads are built by hand (tools/sample_model.cpp).
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/sample.h"

namespace attnx::test {
namespace {

using nlohmann::json;
using Typed = std::vector<std::string>;

constexpr char kStory[] =
    "the cat sat on the mat. the dog ran to the red sun, and the cat was in the sea of tea. she is a key, it is one of "
    "two.";

Typed with_more(Typed line, const Typed& more) {
    line.insert(line.end(), more.begin(), more.end());
    return line;
}

json answer_to(const Typed& line) {
    const Result result = run_cli(with_more(line, {"--json"}));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(contract_violations(result.out), Typed{});
    return json::parse(result.out)["result"];
}

class HeadsCommandLine : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(kSample)) GTEST_SKIP() << "the build has not written sample.gguf";
    }
};

TEST_F(HeadsCommandLine, tells_the_sample_s_heads_by_its_probes_alone) {
    const json result = answer_to({"heads", kSample});
    ASSERT_EQ(result["probes"].size(), 3u);
    EXPECT_EQ(result["probes"][2]["seed"], 3);
    EXPECT_EQ(result["probes"][0]["tokens"].size(), 101u) << "BOS and twice fifty";
    EXPECT_TRUE(result["text_tokens"].is_null());
    EXPECT_TRUE(result["secondary_sinks"].is_null());
    EXPECT_TRUE(result["heads"][0]["text"].is_null());
    EXPECT_EQ(result["heads"].size(), 16u);
    EXPECT_EQ(result["heads"][0]["classes"], (json{"previous", "local"}));
    EXPECT_EQ(result["heads"][3]["classes"], json::array({"uniform"}));
    EXPECT_EQ(result["heads"][4]["classes"], json::array({"induction"}));
    EXPECT_EQ(result["heads"][8]["window"], 16);
    EXPECT_TRUE(result["heads"][0]["window"].is_null());
    EXPECT_NEAR(result["baselines"]["induction"].get<double>(), .0136, 5e-5);
    EXPECT_GT(result["layer_baselines"][2]["probe"]["local"].get<double>(), .25) << "a window of 16: at least 5 of 16";
    EXPECT_EQ(result["thresholds"]["induction"], .4);
}

TEST_F(HeadsCommandLine, measures_a_text_and_compares_heads_on_it) {
    const json result = answer_to({"heads", kSample, "-p", kStory, "--similarity", "--seeds", "1"});
    EXPECT_GT(result["text_tokens"].size(), 32u);
    EXPECT_EQ(result["probes"].size(), 1u);
    EXPECT_TRUE(result["heads"][0]["text"]["induction_loose"].is_null());
    EXPECT_TRUE(result["heads"][0]["text"]["delimiter"].is_number());
    ASSERT_EQ(result["similarity"].size(), 4u);
    EXPECT_EQ(result["similarity"][1]["layer"], 1);
    EXPECT_EQ(result["similarity"][1]["js"].size(), 4u);
    EXPECT_TRUE(result["secondary_sinks"].is_array());
}

TEST_F(HeadsCommandLine, sorts_maps_and_takes_thresholds) {
    const json sorted = answer_to({"heads", kSample, "--sort", "induction", "--seeds", "1"});
    EXPECT_EQ(sorted["heads"][0]["layer"], 1);
    EXPECT_EQ(sorted["heads"][0]["head"], 0);
    const json strict = answer_to({"heads", kSample, "--layers", "1", "--threshold", "induction=1.5", "--seeds", "1"});
    EXPECT_EQ(strict["heads"][0]["classes"], json::array());
    EXPECT_EQ(strict["heads"].size(), 4u);
    EXPECT_EQ(strict["thresholds"]["induction"], 1.5);
    const Result map = run_cli({"heads", kSample, "--map", "induction", "--seeds", "1"});
    EXPECT_NE(map.out.find("induction on the probes"), std::string::npos) << map.out;
    EXPECT_EQ(map.out.find("What heads do"), std::string::npos) << "instead of tables";
}

TEST_F(HeadsCommandLine, says_what_too_few_tokens_do_not_tell) {
    const Result few = run_cli({"heads", kSample, "--length", "8", "--json"});
    const json answer = json::parse(few.out);
    EXPECT_TRUE(answer["result"]["heads"][0]["classes"].is_null());
    EXPECT_TRUE(answer["result"]["sink_rate"].is_null());
    EXPECT_EQ(answer["findings"][0]["id"], "too-few-tokens");
    EXPECT_EQ(contract_violations(few.out), Typed{});
}

TEST_F(HeadsCommandLine, refuses_what_it_does_not_know) {
    const auto refusal = [](const Typed& more) {
        const Result result = run_cli(with_more({"heads", kSample}, more));
        EXPECT_EQ(result.status, 2);
        return result.err;
    };
    EXPECT_NE(refusal({"--sort", "inducton"}).find("did you mean induction?"), std::string::npos);
    EXPECT_NE(refusal({"--threshold", "inducton=1"}).find("did you mean induction?"), std::string::npos);
    EXPECT_NE(refusal({"--threshold", "induction"}).find("induction=0.5"), std::string::npos);
    EXPECT_NE(refusal({"--threshold", "induction=much"}).find("'much' is not a number"), std::string::npos);
    EXPECT_NE(refusal({"--similarity"}).find("give one with -p or -f"), std::string::npos);
    EXPECT_NE(refusal({"--length", "1000"}).find("1000 different tokens cannot be made of"), std::string::npos);
    EXPECT_EQ(run_cli({"heads", kSample, "--layers", "4"}).status, 1) << "there is no such layer";
}

TEST_F(HeadsCommandLine, measures_states) {
    const json result = answer_to({"states", kSample, "-p", "the cat sat on the mat"});
    ASSERT_EQ(result["hidden"].size(), 5u);
    EXPECT_EQ(result["hidden"][0]["position"], "embedding");
    EXPECT_EQ(result["hidden"][4]["position"], "block");
    EXPECT_EQ(result["hidden"][4]["layer"], 3);
    EXPECT_EQ(result["hidden"][0]["norm"].size(), 7u);
    EXPECT_EQ(result["final_norm"].size(), 7u);
    ASSERT_EQ(result["kv"].size(), 4u);
    EXPECT_EQ(result["kv"][0]["q_norm_heads"].size(), 4u);
    EXPECT_EQ(result["kv"][0]["k_norm_heads"].size(), 2u);
    EXPECT_EQ(result["kv"][0]["v_norm_heads"][1].size(), 7u);
    EXPECT_EQ(result["massive"], json::array());

    // What attend says of the same tokens.
    const json attended = answer_to({"attend", kSample, "-p", "the cat sat on the mat", "--norms", "--layer", "-1"});
    for (std::size_t layer = 0; layer < 4; ++layer)
        for (std::size_t token = 0; token < 7; ++token)
            EXPECT_EQ(result["hidden"][layer + 1]["norm"][token], attended["block_output_norm"][layer][token]);
}

TEST_F(HeadsCommandLine, measures_lengths_of_means_where_asked) {
    const auto k_norm = [](const char* how) {
        return answer_to({"states", kSample, "-p", "the cat", "--layers", "1", "--kv-norm", how})["kv"][0];
    };
    const json mean = k_norm("mean"), of_mean = k_norm("norm-of-mean");
    for (std::size_t token = 0; token < 3; ++token) {
        const double heads =
            mean["k_norm_heads"][0][token].get<double>() + mean["k_norm_heads"][1][token].get<double>();
        EXPECT_NEAR(mean["k_norm"][token].get<double>(), heads / 2, 1e-5);
        EXPECT_LE(of_mean["k_norm"][token].get<double>(), heads / 2 + 1e-5) << "the triangle inequality";
    }
    EXPECT_NE(mean["k_norm"], of_mean["k_norm"]);
    EXPECT_EQ(mean["k_norm_heads"], of_mean["k_norm_heads"]);
}

}  // namespace
}  // namespace attnx::test
