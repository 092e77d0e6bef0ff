// lens, typed at a prompt.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/json_contract.h"
#include "support/pictures.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/source_tree.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

using nlohmann::json;

constexpr const char* kLensPrompt = "the cat sat on the mat and the cat sat on the";

TEST(LensCommandLine, tells_layers_and_the_parts_of_a_logit_in_either_arithmetic) {
    for (const char* numerics : {"llama.cpp", "float"}) {
        const Result result = run_cli(
            {"lens", kSample, "-p", kLensPrompt, "--target", " mat", "--top", "3", "--numerics", numerics, "--json"});
        ASSERT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(contract_violations(result.out), std::vector<std::string>{});
        const json answer = json::parse(result.out)["result"];
        ASSERT_EQ(answer["layers"].size(), 4u);
        ASSERT_EQ(answer["layers"][2]["positions"].size(), 13u);
        EXPECT_EQ(answer["layers"][2]["positions"][5]["position"], 5);
        EXPECT_EQ(answer["layers"][2]["positions"][5]["top"].size(), 3u);
        const json& parts = answer["attribution"];
        EXPECT_EQ(parts["target"]["piece"], " mat");
        EXPECT_EQ(parts["position"], 12);
        double sum = parts["embedding"].get<double>() + parts["other"].get<double>() + parts["rounding"].get<double>();
        for (const char* kind : {"heads", "feed_forward", "mixers"})
            for (const json& part : parts[kind]) sum += part["value"].get<double>();
        EXPECT_NEAR(sum, parts["total"].get<double>(), 1e-9);
        EXPECT_NEAR(sum, parts["logit"].get<double>(), 1e-3);
        EXPECT_EQ(parts["heads"].size(), 16u);
        EXPECT_EQ(parts["feed_forward"].size(), 4u);
    }
}

TEST(LensCommandLine, draws_tokens_in_the_cells_of_layers_and_positions) {
    const TempDir folder;
    const Result result =
        run({.arguments = {"lens", kSample, "-p", kLensPrompt, "-o", "a.svg"}, .directory = folder.path()});
    ASSERT_EQ(result.status, 0) << result.err;
    const std::string svg = read_text((folder / "a.svg").string());
    EXPECT_EQ(complaints((folder / "a.svg").string()), "");
    EXPECT_NE(svg.find(">·cat<"), svg.npos);
    EXPECT_NE(svg.find("What each head adds"), svg.npos);
}

TEST(LensCommandLine, refuses_what_is_not_there) {
    EXPECT_EQ(run_cli({"lens", kSample, "-p", "the cat", "--target", " the cat"}).status, 2);
    EXPECT_EQ(run_cli({"lens", kSample, "-p", "the cat", "--target", "99999"}).status, 1);
    EXPECT_EQ(run_cli({"lens", kSample, "-p", "the cat", "--position", "9"}).status, 1);
    EXPECT_EQ(run_cli({"lens", kSample, "-p", "the cat", "--top", "0"}).status, 2);
    EXPECT_EQ(run_cli({"lens", kSample, "-p", "the cat", "-o", "a.csv"}).status, 2);
}

}  // namespace
}  // namespace attnx::test
