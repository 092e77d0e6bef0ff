// ablate, typed at a prompt.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/sample.h"

namespace attnx::test {
namespace {

using nlohmann::json;

class AblateCommandLine : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(kSample)) GTEST_SKIP() << "the build has not written sample.gguf";
    }
};

TEST_F(AblateCommandLine, tells_the_effect_of_each_head_on_a_token) {
    const Result result = run_cli({"ablate", kSample, "-p", "the cat sat on the mat and the cat sat on the", "--layers",
                                   "0-1", "--target", " mat", "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(contract_violations(result.out), std::vector<std::string>{});
    const json answer = json::parse(result.out)["result"];
    EXPECT_EQ(answer["with"], "zero");
    EXPECT_EQ(answer["target"]["piece"], " mat");
    EXPECT_EQ(answer["target"]["position"], 12);
    ASSERT_EQ(answer["heads"].size(), 8u);
    EXPECT_EQ(answer["heads"][5]["layer"], 1);
    EXPECT_EQ(answer["heads"][5]["head"], 1);
    EXPECT_TRUE(answer["heads"][0]["target_logit_change"].is_number());
}

TEST_F(AblateCommandLine, says_of_which_tokens_a_target_is_made) {
    const Result several = run_cli({"ablate", kSample, "-p", "the cat", "--target", " the cat"});
    EXPECT_EQ(several.status, 2);
    EXPECT_NE(several.err.find("' the' ("), std::string::npos) << several.err;
    EXPECT_EQ(run_cli({"ablate", kSample, "-p", "the cat", "--target", "99999"}).status, 1);
    EXPECT_EQ(run_cli({"ablate", kSample, "-p", "the cat", "--position", "9"}).status, 1);
    EXPECT_EQ(run_cli({"ablate", kSample, "-p", "the cat", "--with", "noise"}).status, 2);
}

}  // namespace
}  // namespace attnx::test
