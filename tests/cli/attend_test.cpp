// Real attention of the sample model, whose heads' roles are known by construction (tools/sample_model.cpp).
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/gguf_builder.h"
#include "support/paths.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

namespace attnx {
namespace {

using nlohmann::json;
using test::Call;
using test::Result;

const std::string kRepeated = "the cat sat on the mat and the cat sat on the mat";

json attend(std::vector<std::string> more, const std::string& text = kRepeated) {
    std::vector<std::string> arguments = {"attend", test::kSample, "-p", text, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Result result = test::run_cli(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out, nullptr, false)["result"];
}

const json& head(const json& result, int layer, int index) {
    for (const json& row : result["heads"])
        if (row["layer"] == layer && row["head"] == index) return row;
    throw std::runtime_error("no such head");
}

TEST(Attend, finds_the_roles_that_the_sample_was_built_with) {
    const json result = attend({});
    EXPECT_GT(head(result, 0, 0)["previous_token"], 0.99);
    EXPECT_NEAR(head(result, 0, 1)["distance"], 2.0, 0.3) << "looks two back";
    EXPECT_GT(head(result, 0, 2)["first_token"], 0.99);
    EXPECT_NEAR(head(result, 0, 3)["relative_entropy"], 1.0, 1e-6) << "W_Q = 0 attends uniformly";
    EXPECT_NEAR(head(result, 1, 1)["relative_entropy"], 1.0, 1e-6);
    EXPECT_GT(head(result, 1, 2)["first_token"], 0.99);
    EXPECT_GT(head(result, 1, 3)["self"], 0.85);
    // The induction head: in the repetition each token looks at what followed its earlier copy, 6 places back.
    const json& map = result["layers"][1]["weights"][0];
    double induction = 0;
    for (std::size_t i = 9; i < 14; ++i) induction += map[i][i - 6].get<double>() / 5;
    EXPECT_GT(induction, 0.4) << "the threshold of the literature";
    EXPECT_GT(induction, 3.0 / 14) << "and far above uniform attention";
}

TEST(Attend, has_rows_that_sum_to_one_and_see_nothing_masked) {
    const json result = attend({});
    ASSERT_EQ(result["layers"].size(), 4u);
    for (const json& layer : result["layers"]) {
        const bool sliding = !layer["window"].is_null();
        EXPECT_EQ(sliding, layer["layer"] >= 2);
        for (const json& map : layer["weights"])
            for (std::size_t i = 0; i < map.size(); ++i) {
                double sum = 0;
                for (std::size_t j = 0; j < map.size(); ++j) {
                    if (j > i) {
                        EXPECT_EQ(map[i][j], 0.0);
                    }
                    sum += map[i][j].get<double>();
                }
                EXPECT_NEAR(sum, 1.0, 1e-5);
            }
    }
}

TEST(Attend, keeps_sliding_layers_within_their_window) {
    const json result = attend({"--layers", "2-3"}, kRepeated + " " + kRepeated);
    ASSERT_EQ(result["layers"].size(), 2u);
    EXPECT_EQ(result["layers"][0]["window"], 16);
    const json& map = result["layers"][0]["weights"][1];
    ASSERT_GT(map.size(), 20u);
    EXPECT_EQ(map[20][4], 0.0);
    EXPECT_GT(map[20][5], 0.0);
}

TEST(Attend, continues_a_repetition_by_induction) {
    const json result = attend({"--generate", "2"}, "the cat sat on a mat and the");
    const json& tokens = result["tokens"];
    ASSERT_EQ(tokens.size(), 11u);
    EXPECT_FALSE(tokens[8]["generated"]);
    EXPECT_TRUE(tokens[9]["generated"]);
    EXPECT_EQ(tokens[9]["piece"], " cat");
    EXPECT_EQ(tokens[10]["piece"], " sat");
}

TEST(Attend, chooses_layers_and_heads) {
    const json result = attend({"--heads", "1.0,1.2"});
    ASSERT_EQ(result["layers"].size(), 1u);
    EXPECT_EQ(result["layers"][0]["layer"], 1);
    EXPECT_EQ(result["layers"][0]["heads"], (json{0, 2}));
    EXPECT_EQ(result["layers"][0]["weights"].size(), 2u);
    EXPECT_EQ(attend({"--layers", "last", "--logits", "5", "--norms"})["last_logits"].size(), 5u);
}

TEST(Attend, leaves_maps_out_of_json_and_nothing_else) {
    json whole = attend({"--heads", "0.1,1.0,1.2"});
    const json result = attend({"--heads", "0.1,1.0,1.2", "--no-maps"});
    for (json& layer : whole["layers"]) EXPECT_EQ(layer.erase("weights"), 1U);
    EXPECT_EQ(result, whole);
    EXPECT_EQ(result["layers"].size(), 2U);
}

TEST(Attend, writes_maps_that_numpy_reads_and_says_what_they_are) {
    test::TempDir folder;
    const std::string npy = (folder / "maps.npy").string(), csv = (folder / "maps.csv").string();
    const json result = attend({"-o", npy, "-o", csv, "--layers", "0-1"});
    std::ifstream in(npy, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    EXPECT_NE(bytes.substr(0, 128).find("'shape': (2, 4, 14, 14)"), std::string::npos);
    const std::size_t data = bytes.size() - 2u * 4 * 14 * 14 * sizeof(float);
    float weight = 0;
    std::memcpy(&weight, bytes.data() + data + ((1u * 4 + 0) * 14 * 14 + 9 * 14 + 3) * sizeof(float), sizeof weight);
    EXPECT_FLOAT_EQ(weight, result["layers"][1]["weights"][0][9][3].get<float>());
    const json description = json::parse(std::ifstream(npy + ".json"));
    EXPECT_EQ(description["model"]["name"], "attnx sample");
    EXPECT_EQ(description["result"]["tokens"].size(), 14u);
    EXPECT_EQ(description["result"]["shape"], (json{2, 4, 14, 14}));
    std::ifstream lines(csv);
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(line, "layer,head,query,query_token,key,key_token,weight");
    EXPECT_TRUE(std::filesystem::exists(csv + ".json"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 4) << "nothing else";
}

void expect_refusal(const Call& call, const std::string& expected) {
    const Result result = test::run(call);
    EXPECT_EQ(result.status, 2) << result.out << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(expected), std::string::npos) << result.err;
}

TEST(Attend, says_clearly_what_it_cannot_do) {
    std::string longer;
    for (int i = 0; i < 2100; ++i) longer += "the ";
    expect_refusal({.arguments = {"attend", test::kSample, "-f", "-"}, .input = longer},
                   "trained on a context of 2048");
    expect_refusal({.arguments = {"attend", test::kSample, "--tokens", "1,404"}}, "outside the vocabulary of 404");
    expect_refusal({.arguments = {"attend", test::kSample, "-p", ""}}, "empty");
    expect_refusal({.arguments = {"attend", test::kSample, "--tokens", "1,x"}}, "not a token id");
    expect_refusal({.arguments = {"attend", test::kSample, "-p", "a", "--tokens", "1"}}, "not both");
    expect_refusal({.arguments = {"attend", test::kSample, "-p", "a", "-o", "maps.txt"}},
                   "must end in .csv, .npy, .svg, .png or .pdf");
    expect_refusal({.arguments = {"attend", test::kSample, "-p", "a", "-o", "/nowhere/maps.npy"}}, "write-failed");
    expect_refusal({.arguments = {"attend", test::kSample, "-p", "a", "--chat"}}, "role markers");
}

TEST(Attend, survives_weights_that_are_not_numbers_and_says_so) {
    test::TempDir folder;
    const std::string broken = (folder / "nan.gguf").string();
    std::filesystem::copy_file(test::kSample, broken);
    const json tensors =
        json::parse(test::run_cli({"tensors", test::kSample, "--filter", "blk.1.attn_q.weight", "--json"}).out);
    {
        std::fstream file(broken, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(tensors["result"]["tensors"][0]["offset"].get<std::int64_t>());
        file.write("\x00\x7e", 2);  // a half that is NaN: query 0 of head 0
    }
    const Result result = test::run_cli({"attend", broken, "-p", "the cat", "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    const json document = json::parse(result.out);
    EXPECT_EQ(document["findings"][0]["id"], "not-finite");
    EXPECT_TRUE(document["result"]["layers"][1]["weights"][0][1][0].is_null()) << "JSON has no NaN";
    EXPECT_FALSE(document["result"]["layers"][1]["weights"][1][1][0].is_null()) << "the other heads are whole";
}

test::GgufBuilder without_tensors(std::uint32_t layers, std::uint32_t heads) {
    test::GgufBuilder builder;
    builder.key("general.architecture", "llama")
        .key("llama.block_count", layers)
        .key("llama.context_length", 8192u)
        .key("llama.embedding_length", 64u)
        .key("llama.feed_forward_length", 64u)
        .key("llama.attention.head_count", heads)
        .key("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .key("llama.vocab_size", 8u);
    return builder;
}

TEST(Attend, draws_all_heads_of_a_layer_and_curves_by_layer) {
    const std::vector<std::string> line = {"attend", test::kSample, "-p", "the cat sat", "--layer", "1"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), line.begin(), line.end());
        return test::run_cli(more);
    };
    const std::string grid = with({"--grid"}).out;
    EXPECT_NE(grid.find("Layer 1, 4 heads\n  head 0"), std::string::npos) << grid;
    EXPECT_NE(grid.find("head 3"), std::string::npos) << grid;
    EXPECT_EQ(grid.find("mean of"), std::string::npos) << "in place of the mean";
    const std::string two = with({"--grid", "--heads", "1,3"}).out;
    EXPECT_NE(two.find("Layer 1, 2 heads of 4\n  head 1"), std::string::npos) << two;
    EXPECT_EQ(two.find("head 0"), std::string::npos) << two;
    EXPECT_NE(with({"--curves"}).out.find("Where attention goes, heads averaged\n"), std::string::npos);
    EXPECT_EQ(with({}).out.find("Where attention goes"), std::string::npos);
    const test::Result both = with({"--grid", "--head", "2"});
    EXPECT_EQ(both.status, 2);
    EXPECT_NE(both.err.find("--grid"), std::string::npos) << both.err;
}

TEST(Attend, refuses_maps_that_would_not_fit_before_it_starts) {
    test::TempDir folder;
    const std::string path = (folder / "wide.gguf").string();
    const auto bytes = test::TinyModel{.width = 64, .heads = 32, .kv_heads = 32, .layers = 16, .context = 8192}.bytes();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    std::string ids = "1";
    for (int i = 0; i < 4095; ++i) ids += ",1";
    const Result result = test::run({.arguments = {"attend", path, "--tokens", ids, "--json"}});
    EXPECT_EQ(result.status, 2);
    // 16 * 32 * 4096^2 floats; the text of them is not held.
    EXPECT_NE(result.err.find("32.0 GiB for maps of 16 layers, 4096 tokens"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("--max-memory"), std::string::npos) << result.err;
}

TEST(Attend, takes_no_more_memory_than_allowed) {
    const Result refused = test::run({.arguments = {"attend", test::kSample, "-p", "a", "--max-memory", "1KiB"}});
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("more than 1.00 KiB"), std::string::npos) << refused.err;
    EXPECT_EQ(test::run({.arguments = {"attend", test::kSample, "-p", "a", "--max-memory", "1GiB"}}).status, 0);
}

TEST(Attend, leaves_no_file_behind_when_it_fails) {
    test::TempDir folder;
    const Result result =
        test::run({.arguments = {"attend", test::kSample, "-p", "a", "-o", "good.npy", "-o", "bad.txt"},
                   .directory = folder.path()});
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Attend, says_that_its_reader_went_away) {
    std::string longer = kRepeated;  // than fits into a pipe
    for (int i = 0; i < 6; ++i) longer += " " + kRepeated;
    const Result result =
        test::run({.arguments = {"attend", test::kSample, "-p", longer, "--json"}, .hang_up_after = 10});
    EXPECT_EQ(result.err, "attnx: standard output was closed before all of the answer was read [write-failed]\n");
    EXPECT_EQ(result.status, 2);
}

TEST(Attend, says_that_a_vocabulary_has_nothing_to_run) {
    test::TempDir folder;
    const std::string path = (folder / "vocabulary.gguf").string();
    without_tensors(2, 4).write(path);
    expect_refusal({.arguments = {"attend", path, "--tokens", "1,2"}}, "a vocabulary and no weights");
}

// What --heads leaves out is in no table and in no mean.
TEST(Attend, looks_at_the_chosen_heads_only) {
    const json one = attend({"--heads", "1.2"}), all = attend({});
    ASSERT_EQ(one["heads"].size(), 1u);
    EXPECT_EQ(one["heads"][0], head(all, 1, 2));
    const auto drawn = [](const std::vector<std::string>& more) {
        std::vector<std::string> arguments = {"attend", test::kSample, "-p", "the cat", "--layers", "1"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const std::string text = test::run_cli(arguments).out;
        return text.substr(text.find("Layer 1"));
    };
    EXPECT_EQ(drawn({"--heads", "2"}), drawn({"--head", "2"}));
    EXPECT_NE(drawn({"--heads", "2-3"}).find("mean of 2 heads of 4"), std::string::npos);
}

TEST(Attend, names_layers_and_heads_that_are_not_there) {
    for (const char* heads : {"99", "99.0", "0.99"}) {
        const Result result = test::run_cli({"attend", test::kSample, "-p", "a", "--heads", heads});
        EXPECT_EQ(result.status, 1) << heads;
        EXPECT_NE(result.err.find("[not-found]"), std::string::npos) << result.err;
    }
}

TEST(Attend, draws_in_colour_on_a_terminal) {
    const Result result = test::run({.arguments = {"attend", test::kSample, "-p", "the cat sat"},
                                     .environment = {{"COLORTERM", "truecolor"}, {"TERM", "xterm"}},
                                     .terminal = true,
                                     .columns = 100});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("48;2;"), std::string::npos);
}

}  // namespace
}  // namespace attnx
