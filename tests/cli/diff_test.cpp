// attnx diff, typed at a prompt.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

namespace attnx::test {
namespace {

using nlohmann::json;
using Typed = std::vector<std::string>;

struct TwoModels {
    TempDir folder;
    std::string a = write("a.gguf", {}), b;

    explicit TwoModels(const TinyModel& other) : b(write("b.gguf", other)) {}
    std::string write(const char* name, const TinyModel& model) const {
        const std::vector<std::byte> bytes = model.bytes();
        std::ofstream(folder / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return (folder / name).string();
    }
    json ask(Typed more, int status) const {
        Typed line = {"diff", a, b, "--json"};
        line.insert(line.end(), more.begin(), more.end());
        const Result result = run_cli(line);
        EXPECT_EQ(result.status, status) << result.err;
        EXPECT_EQ(contract_violations(result.out), Typed{});
        return json::parse(result.out)["result"];
    }
};

TEST(Diff, of_a_file_with_itself_answers_yes) {
    const TwoModels models({});
    const json result = models.ask({"--values", "--tokens", "1,5,9"}, 0);
    EXPECT_EQ(result["same"], true);
    EXPECT_EQ(result["geometry"], json::array());
    EXPECT_EQ(result["metadata"]["changed"], json::array());
    EXPECT_EQ(result["metadata"]["only_a"], json::array());
    EXPECT_EQ(result["tensors"]["common"], 20);
    EXPECT_EQ(result["numbers"]["types"][0]["equal"], 20);
    EXPECT_TRUE(result["numbers"]["types"][0]["max_abs"].is_null());
    EXPECT_EQ(result["attention"]["layers"].size(), 4U);
    EXPECT_EQ(result["attention"]["kl_mean"], 0);
}

TEST(Diff, tells_what_headers_say_without_being_asked) {
    const TwoModels models({.layers = 1, .context = 128});
    const json result = models.ask({}, 1);
    EXPECT_EQ(result["same"], false);
    EXPECT_EQ(result["metadata"]["changed"].size(), 2U);
    EXPECT_EQ(result["metadata"]["changed"][0]["key"], "llama.context_length");
    EXPECT_EQ(result["metadata"]["changed"][0]["a"], 64);
    EXPECT_EQ(result["metadata"]["changed"][0]["b"], 128);
    EXPECT_EQ(result["tensors"]["only_a"].size(), 9U);
    EXPECT_EQ(result["tensors"]["only_b"], json::array());
    EXPECT_TRUE(result["numbers"].is_null());
    EXPECT_TRUE(result["attention"].is_null());
    json expected = {{{"a", 2}, {"b", 1}, {"field", "layer_count"}, {"layer", nullptr}},
                     {{"a", 64}, {"b", 128}, {"field", "context_length"}, {"layer", nullptr}}};
    for (const json& row : expected)
        EXPECT_NE(std::find(result["geometry"].begin(), result["geometry"].end(), row), result["geometry"].end())
            << row;
}

TEST(Diff, names_layers_that_differ_and_folds_them_for_people) {
    const TwoModels models({.kv_heads = 1});
    const json result = models.ask({"--geometry"}, 1);
    EXPECT_TRUE(result["metadata"].is_null());
    EXPECT_TRUE(result["tensors"].is_null());
    int rows = 0;
    for (const json& row : result["geometry"])
        if (row["field"] == "head_count_kv") {
            EXPECT_EQ(row["a"], 2);
            EXPECT_EQ(row["b"], 1);
            EXPECT_EQ(row["layer"], rows++);
        }
    EXPECT_EQ(rows, 2);
    const Result shown = run_cli({"diff", models.a, models.b, "--geometry"});
    EXPECT_NE(shown.out.find("head_count_kv           0-1     2      1"), std::string::npos) << shown.out;
}

TEST(Diff, compares_numbers_within_a_tolerance) {
    const TwoModels models({.change = [](std::string_view name, std::uint64_t i, float value) {
        return name == "blk.1.attn_k.weight" && i < 4 ? value + 0.5F : value;
    }});
    EXPECT_EQ(models.ask({}, 0)["same"], true) << "headers are the same";
    const json result = models.ask({"--values"}, 1);
    ASSERT_EQ(result["tensors"]["changed"].size(), 1U);
    const json& row = result["tensors"]["changed"][0];
    EXPECT_EQ(row["name"], "blk.1.attn_k.weight");
    EXPECT_NEAR(row["max_abs"].get<double>(), 0.5, 1e-6);
    EXPECT_NEAR(row["mean_abs"].get<double>(), 4 * 0.5 / 256, 1e-8);
    EXPECT_NEAR(row["rmse"].get<double>(), std::sqrt(4 * 0.25 / 256), 1e-7);
    EXPECT_EQ(result["numbers"]["types"][0]["equal"], 19);
    EXPECT_EQ(models.ask({"--values", "--tolerance", "0.6"}, 0)["same"], true);
    EXPECT_EQ(run_cli({"diff", models.a, models.b, "--tolerance", "-1"}).status, 2);
}

TEST(Diff, runs_both_on_a_prompt_read_once) {
    const TwoModels models({.zero_queries = true});
    const json result = models.ask({"--tensors", "--tokens", "1,5,9,3"}, 1);
    EXPECT_EQ(result["tensors"]["changed"], json::array());
    EXPECT_GT(result["attention"]["layers"][0]["js"], 0);
    EXPECT_EQ(result["attention"]["layers"][3]["layer"], 1);
    EXPECT_EQ(result["attention"]["tokens"].size(), 4U);
    EXPECT_GT(result["attention"]["kl_last"], 0);
}

TEST(Diff, of_other_files_has_no_geometry_unless_that_is_asked) {
    const TempDir folder;
    GgufBuilder().key("general.type", "imatrix").write(folder / "i.gguf");
    const std::string path = (folder / "i.gguf").string();
    const Result result = run_cli({"diff", path, path, "--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(json::parse(result.out)["result"]["geometry"].is_null());
    EXPECT_EQ(run_cli({"diff", path, path, "--geometry"}).status, 2);
}

}  // namespace
}  // namespace attnx::test
