// attnx explain, with a model and by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/sample.h"

namespace attnx::test {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

json explained(Lines arguments) {
    arguments.insert(arguments.begin(), "explain");
    arguments.emplace_back("--json");
    const Result result = run_cli(arguments);
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(contract_violations(result.out), Lines{});
    return json::parse(result.out)["result"];
}

bool explain_says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// docs/known-answers.md, one query and five keys: a document has it as .08 .34 .29 .08 .21.
TEST(Explain, by_hand_works_the_documents_example_out_right) {
    const Lines by_hand = {"--q", "0.5,0.8", "--k", "0.1,0.2;0.7,0.9;0.5,0.8;0.3,0.1;0.2,0.4"};
    const json result = explained(by_hand);
    const double weights[] = {.1509, .2771, .2440, .1530, .1750}, dots[] = {.21, 1.07, .89, .23, .42};
    ASSERT_EQ(result["keys"].size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(result["keys"][i]["weight"].get<double>(), weights[i], 5e-5);
        EXPECT_NEAR(result["keys"][i]["dot"].get<double>(), dots[i], 1e-12);
    }
    EXPECT_NEAR(result["mapping"]["scale"].get<double>(), 1 / std::sqrt(2.0), 1e-12);
    EXPECT_TRUE(result["mapping"]["head"].is_null() && result["mapping"]["rope"].is_null() && result["sink"].is_null());
    EXPECT_EQ(result["key"], 1) << "the heaviest";
    EXPECT_EQ(result["dimensions"][0]["dimension"], 1) << ".8 * .9 is more than .5 * .7";
    EXPECT_TRUE(result["output_norm"].is_null());
    Lines shown = by_hand;
    shown.insert(shown.begin(), "explain");
    EXPECT_TRUE(explain_says(run_cli(shown).out, "0.2771")) << run_cli(shown).out;
}

TEST(Explain, by_hand_takes_values_and_a_scale) {
    const json result = explained({"--q", "1", "--k", "0;0", "--v", "2,0;0,4", "--scale", "3", "--key", "0"});
    EXPECT_EQ(result["output"], (json{1.0, 2.0}));
    EXPECT_NEAR(result["output_norm"].get<double>(), std::sqrt(5.0), 1e-12);
    EXPECT_EQ(result["mapping"]["scale"], 3.0);
    EXPECT_EQ(result["key"], 0);
}

TEST(Explain, by_hand_says_what_does_not_fit) {
    const auto refused = [](Lines arguments) {
        arguments.insert(arguments.begin(), "explain");
        const Result result = run_cli(arguments);
        EXPECT_EQ(result.status, 2);
        return result.err;
    };
    EXPECT_TRUE(explain_says(refused({"--q", "1,2", "--k", "1"}), "equally many numbers"));
    EXPECT_TRUE(explain_says(refused({"--q", "1"}), "belong together"));
    EXPECT_TRUE(explain_says(refused({"--q", "x", "--k", "1"}), "'x' is not a number"));
    EXPECT_TRUE(explain_says(refused({"--q", "1", "--k", "1", "--key", "1"}), "there are 1 keys"));
    EXPECT_TRUE(explain_says(refused({"--q", "1", "--k", "1;2", "--v", "1"}), "one value per key"));
    EXPECT_TRUE(explain_says(refused({}), "give a MODEL and a text, or --q and --k"));
    EXPECT_TRUE(explain_says(refused({kSample, "--q", "1", "--k", "1"}), "not both"));
}

class ExplainSample : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(kSample)) GTEST_SKIP() << "the build has not written sample.gguf";
    }
};

TEST_F(ExplainSample, gives_the_weights_that_attend_tells) {
    const json result =
        explained({kSample, "-p", "the cat sat on the mat", "--layer", "0", "--head", "0", "--query", "4"});
    const Result attended = run_cli({"attend", "--json", kSample, "-p", "the cat sat on the mat", "--layers", "0"});
    const json row = json::parse(attended.out)["result"]["layers"][0]["weights"][0][4];
    ASSERT_EQ(result["keys"].size(), 5u);
    double sum = 0;
    for (const json& key : result["keys"]) {
        EXPECT_NEAR(key["weight"].get<double>(), row[key["key"].get<std::size_t>()].get<double>(), 1e-5);
        EXPECT_NEAR(key["scaled"].get<double>(), key["dot"].get<double>() * result["mapping"]["scale"].get<double>(),
                    1e-9);
        EXPECT_NEAR(key["exponent"].get<double>() / result["sum"].get<double>(), key["weight"].get<double>(), 1e-12);
        sum += key["exponent"].get<double>();
    }
    EXPECT_NEAR(sum, result["sum"].get<double>(), 1e-9);
    EXPECT_EQ(result["key"], 3) << "the token before, which this head attends to";
    EXPECT_EQ(result["mapping"]["visible"], (json{0, 4}));
    EXPECT_EQ(result["query"]["piece"], " on");
    EXPECT_GT(result["output_norm"].get<double>(), 0);
    double dot = 0, last = INFINITY;
    for (const json& dimension : result["dimensions"]) {
        dot += dimension["product"].get<double>();
        EXPECT_LE(std::abs(dimension["product"].get<double>()), last);
        last = std::abs(dimension["product"].get<double>());
    }
    EXPECT_NEAR(dot, result["keys"][3]["dot"].get<double>(), 1e-9);
}

TEST_F(ExplainSample, looks_at_the_last_token_of_the_last_layer_unless_told) {
    const json result = explained({kSample, "-p", "the cat sat"});
    EXPECT_EQ(result["query"]["position"], 3);
    EXPECT_EQ(result["tokens"].size(), 4u);
    const json inspected = json::parse(run_cli({"inspect", "--json", kSample}).out)["result"];
    EXPECT_EQ(result["mapping"]["layer"].get<int>() + 1, inspected["layer_count"].get<int>());
    EXPECT_EQ(result["mapping"]["heads_of_this_kv_head"].size(),
              inspected["layers"].back()["head_count"].get<std::size_t>() /
                  inspected["layers"].back()["head_count_kv"].get<std::size_t>());
}

}  // namespace
}  // namespace attnx::test
