#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/gguf_builder.h"
#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

class Tokenize : public ::testing::Test {
protected:
    void SetUp() override {
        GgufBuilder()
            .key("general.architecture", "llama")
            .key("general.name", "tiny")
            .key("tokenizer.ggml.model", "llama")
            .key("tokenizer.ggml.tokens",
                 std::vector<std::string>{"<unk>", "<s>", "</s>", "<0xC3>", "<0xA9>", "▁", "a", "▁a"})
            .key("tokenizer.ggml.token_type", std::vector<std::int32_t>{2, 3, 3, 6, 6, 1, 1, 1})
            .key("tokenizer.ggml.scores", std::vector<float>(8, 0.0F))
            .write(model_);
    }

    nlohmann::json tokens(std::vector<std::string> arguments, std::string input = {}) {
        arguments.insert(arguments.begin(), {"tokenize", model_, "--json"});
        const Result result = run({.arguments = std::move(arguments), .input = std::move(input)});
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(contract_violations(result.out), std::vector<std::string>{});
        return nlohmann::json::parse(result.out)["result"]["tokens"];
    }

    std::string refusal(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "tokenize");
        const Result result = run_cli(std::move(arguments));
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(result.out, "");
        return result.err;
    }

    TempDir folder_;
    std::string model_ = (folder_ / "m.gguf").string();
};

TEST_F(Tokenize, gives_ids_and_pieces) {
    const auto expected =
        nlohmann::json::parse(R"([{"id": 1, "piece": "<s>"}, {"id": 7, "piece": " a"}, {"id": 6, "piece": "a"}])");
    EXPECT_EQ(tokens({"-p", "aa"}), expected);
    EXPECT_EQ(tokens({"-"}, "aa"), expected);
    EXPECT_EQ(tokens({}, "aa"), expected);
    std::ofstream(folder_ / "prompt.txt") << "aa";
    EXPECT_EQ(tokens({"-f", (folder_ / "prompt.txt").string()}), expected);
}

TEST_F(Tokenize, takes_special_tokens_as_text_when_told_to) {
    EXPECT_EQ(tokens({"-p", "a</s>"}).size(), 3u);
    EXPECT_EQ(tokens({"-p", "a</s>", "--no-special"}).size(), 5u);  // " a", then four characters that no token covers
}

TEST_F(Tokenize, shows_people_what_a_piece_holds) {
    const std::string out = run_cli({"tokenize", model_, "-p", "aé"}).out;
    EXPECT_NE(out.find("  <s>"), std::string::npos) << out;
    EXPECT_NE(out.find("  ·a"), std::string::npos) << out;
    EXPECT_NE(out.find("  <0xC3>"), std::string::npos) << out;
    EXPECT_NE(out.find("4 tokens"), std::string::npos) << out;
}

TEST_F(Tokenize, says_what_is_missing) {
    EXPECT_NE(refusal({model_, "-p", ""}).find("the text is empty"), std::string::npos);
    EXPECT_NE(refusal({model_, "-p", "a", "-"}).find("one text"), std::string::npos);
    EXPECT_NE(refusal({model_, "a"}).find("-p"), std::string::npos);
    EXPECT_NE(refusal({model_, "-f", (folder_ / "none").string()}).find("none"), std::string::npos);
    const std::string bare = (folder_ / "bare.gguf").string();
    GgufBuilder().key("general.architecture", "llama").write(bare);
    const std::string message = refusal({bare, "-p", "a"});
    EXPECT_NE(message.find("bare.gguf"), std::string::npos) << message;
    EXPECT_NE(message.find("no vocabulary"), std::string::npos) << message;
}

}  // namespace
}  // namespace attnx::test
