// The sample model's heads are built by hand (tools/sample_model.cpp): their figures are known.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/paths.h"
#include "support/run_cli.h"
#include "support/sample.h"

namespace attnx::test {
namespace {

using nlohmann::json;

class WeightsOfTheSample : public ::testing::Test {
protected:
    void SetUp() override {
        const std::string sample = ATTNX_BINARY_DIR "/sample.gguf";
        if (!std::filesystem::exists(sample)) GTEST_SKIP() << "the build has not written sample.gguf";
        const Result result = run_cli({"weights", sample, "--composition", "--json"});
        ASSERT_EQ(result.status, 0) << result.err;
        answer_ = json::parse(result.out)["result"];
    }
    json head(int layer, int index) const {
        for (const json& head : answer_["heads"])
            if (head["layer"] == layer && head["head"] == index) return head;
        return {};
    }
    bool stands_out(int layer, int index, std::string_view kind) const {
        for (const json& outlier : answer_["outliers"])
            if (outlier["layer"] == layer && outlier["head"] == index && outlier["kind"] == kind) return true;
        return false;
    }

    json answer_;
};

TEST_F(WeightsOfTheSample, shows_heads_without_a_query_as_such) {
    for (const auto& [layer, index] : {std::pair(0, 3), std::pair(1, 1)}) {
        EXPECT_EQ(head(layer, index)["qk_norm"], 0) << layer << '.' << index;
        EXPECT_TRUE(head(layer, index)["qk_stable_rank"].is_null());
        EXPECT_TRUE(stands_out(layer, index, "no_query"));
    }
    EXPECT_FALSE(stands_out(0, 0, "no_query"));
}

TEST_F(WeightsOfTheSample, shows_that_position_heads_ask_one_thing_whatever_the_token) {
    for (const auto& [layer, index] :
         {std::pair(0, 0), std::pair(0, 1), std::pair(0, 2), std::pair(1, 2), std::pair(1, 3)}) {
        EXPECT_NEAR(head(layer, index)["qk_stable_rank"].get<double>(), 1, 1e-6) << layer << '.' << index;
        EXPECT_TRUE(stands_out(layer, index, "one_direction")) << layer << '.' << index;
    }
    EXPECT_GT(head(1, 0)["q_effective_rank"].get<double>(), 4);  // 18 places of a code, and one for the first token
}

TEST_F(WeightsOfTheSample, shows_the_induction_pair) {
    EXPECT_NEAR(head(1, 0)["copying"].get<double>(), 1, 1e-6);  // writes the code it reads
    EXPECT_TRUE(head(0, 0)["copying"].is_null());               // writes it elsewhere
    EXPECT_NEAR(head(0, 0)["ov_stable_rank"].get<double>(), 18, 1e-3);
    EXPECT_NEAR(head(1, 0)["ov_effective_rank"].get<double>(), 18, 1e-3);
    json best;
    for (const json& pair : answer_["composition"]["strongest"])
        if (pair["kind"] == "k" && (best.is_null() || pair["score"] > best["score"])) best = pair;
    EXPECT_EQ(best["from_layer"], 0);
    EXPECT_EQ(best["from_head"], 0);
    EXPECT_EQ(best["to_layer"], 1);
    EXPECT_EQ(best["to_head"], 0);
    EXPECT_GT(best["score"].get<double>(), 2.5 * answer_["composition"]["baseline"].get<double>());
}

TEST(WeightsOfAnyModel, are_the_same_with_any_number_of_threads) {
    const auto ask = [](const char* threads) {
        return run_cli({"weights", kSample, "--composition", "--json", "-t", threads}).out;
    };
    const std::string alone = ask("1");
    EXPECT_GT(alone.size(), 1000u);
    EXPECT_EQ(ask("5"), alone);
    EXPECT_EQ(run_cli({"weights", kSample, "-t", "0"}).status, 2);
}

}  // namespace
}  // namespace attnx::test
