// The commands as users and scripts run them, on the sample model that the build makes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/paths.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/temp_dir.h"

namespace attnx {
namespace {

using nlohmann::json;
using test::Call;
using test::Result;

// The document of a call that must succeed.
json answer(const Call& call) {
    const Result result = test::run(call);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out, nullptr, false);
}
json answer(std::vector<std::string> arguments) { return answer(Call{.arguments = std::move(arguments)}); }

// A server's command line can be pasted.
TEST(KvCost, takes_llama_cpp_s_spellings) {
    const auto of = [](std::vector<std::string> more) {
        std::vector<std::string> all{"kv-cost", "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return answer(all)["result"];
    };
    const json plain = of({test::kSample, "-c", "2048"});
    EXPECT_EQ(of({"-m", test::kSample, "-c", "2048"}), plain);
    EXPECT_EQ(of({"--model", test::kSample, "-c", "2048", "--no-kv-unified"}), plain);
    EXPECT_EQ(of({test::kSample, "-c", "0"})["context_allocated"], 2048) << "as trained";
    for (const char* on : {"1", "true", "auto", "on"})
        EXPECT_EQ(of({test::kSample, "-c", "2048", "-fa", on}), plain) << on;
    for (const char* off : {"0", "false", "off"})
        EXPECT_EQ(of({test::kSample, "-c", "2048", "-fa", off})["flash_attn"], false) << off;
    const json server = of({test::kSample, "-c", "2048", "-np", "-1"});
    EXPECT_EQ(server["parallel"], 4);
    EXPECT_EQ(server["kv_unified"], true);
    EXPECT_EQ(of({test::kSample, "-c", "2048", "-np", "-1", "--no-kv-unified"})["kv_unified"], true)
        << "a server that chooses its slots unifies them whatever was said (server.cpp:126)";
}

// A download that was cut short: what the header says is answered, with a warning.
TEST(CutShort, is_answered_from_the_header) {
    const test::TempDir folder;
    const std::string path = (folder / "cut.gguf").string();
    std::filesystem::copy_file(test::kSample, path);
    const std::uint64_t begin = answer({"inspect", test::kSample, "--json"})["result"]["file"]["data_offset"];
    std::filesystem::resize_file(path, begin + 100);
    const std::vector<std::vector<std::string>> calls = {{"inspect", path},
                                                         {"metadata", path},
                                                         {"tensors", path},
                                                         {"kv-cost", path, "-c", "2048"},
                                                         {"compute-cost", path, "--ctx", "2048"},
                                                         {"tokenize", path, "-p", "a b"}};
    for (std::vector<std::string> call : calls) {
        call.emplace_back("--json");
        const json cut = answer(call);
        call[1] = test::kSample;
        json whole = answer(call);
        EXPECT_NE(cut["findings"].dump().find("truncated"), std::string::npos)
            << call.front() << ": " << cut["findings"].dump();
        if (call.front() != "inspect") {
            EXPECT_EQ(cut["result"], whole["result"]) << call.front();
        }
    }
    for (const std::vector<std::string>& call :
         std::vector<std::vector<std::string>>{{"attend", path, "-p", "a b"}, {"weights", path}})
        EXPECT_EQ(test::run_cli(call).status, 2) << call.front() << " needs the weights";
}

TEST(Metadata, takes_the_key_as_its_second_word_or_its_first_when_the_model_is_named) {
    EXPECT_EQ(answer({"metadata", "-m", test::kSample, "general.architecture", "--json"})["result"],
              answer({"metadata", test::kSample, "general.architecture", "--json"})["result"]);
}

TEST(KvCost, asks_for_the_unit_of_a_budget) {
    const test::Result result = test::run_cli({"kv-cost", test::kSample, "--budget", "24"});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("24GiB"), std::string::npos) << result.err;
}

TEST(Inspect, tells_the_geometry_of_the_sample) {
    const json document = answer({"inspect", "--json", test::kSample});
    EXPECT_EQ(document["schema"], 1);
    EXPECT_EQ(document["command"], "inspect");
    EXPECT_EQ(document["model"]["path"], test::kSample);
    EXPECT_EQ(document["model"]["name"], "attnx sample");
    const json& result = document["result"];
    EXPECT_EQ(result["attention_kind"], "GQA");
    EXPECT_EQ(result["head_count"], 4);
    EXPECT_EQ(result["head_count_kv"], 2);
    EXPECT_EQ(result["gqa_ratio"], 2);
    EXPECT_EQ(result["head_dim_k"], 32);
    EXPECT_EQ(result["sliding_window"], (json{{"type", "standard"}, {"size", 16}}));
    EXPECT_EQ(result["kv_bytes_per_token_short"], 4 * 2 * (32 + 32) * 2);
    EXPECT_EQ(result["kv_bytes_per_token"], 2 * 2 * (32 + 32) * 2) << "windows do not grow";
    EXPECT_EQ(result["exact"], true);
    EXPECT_EQ(result["estimate_reason"], nullptr);
    ASSERT_EQ(result["layers"].size(), 4u);
    EXPECT_EQ(result["layers"][1]["sliding_window"], false);
    EXPECT_EQ(result["layers"][2]["sliding_window"], true);
    EXPECT_EQ(result["file"]["size_bytes"], std::filesystem::file_size(test::kSample));
    std::uint64_t parameters = 0;
    for (const json& row : result["quantization"]) parameters += row["parameters"].get<std::uint64_t>();
    EXPECT_EQ(result["parameter_count"], parameters);
    EXPECT_EQ(result["active_parameter_count"], parameters) << "it has no experts";
    EXPECT_EQ(result["name"], "attnx sample");
    EXPECT_EQ(result["tokenizer"]["model"], "llama") << "tools/sample_vocabulary.cpp";
}

TEST(Inspect, accepts_the_format_before_the_command) {
    EXPECT_EQ(answer({"--json", "inspect", test::kSample}), answer({"inspect", test::kSample, "--format", "json"}));
}

TEST(Inspect, explains_where_facts_come_from) {
    const json document = answer({"inspect", "--json", "--explain", test::kSample});
    bool from_key = false, from_row = false;
    for (const json& fact : document["result"]["provenance"]) {
        from_key = from_key || fact["source"] == "key";
        from_row = from_row || fact["source"] == "architecture";
        EXPECT_FALSE(fact["field"].get<std::string>().empty());
    }
    EXPECT_TRUE(from_key);
    EXPECT_TRUE(from_row);
}

// 2 full layers of 2048 cells and 2 sliding ones of PAD(16 + 512, 256) = 768, K and V of 2 heads x 32 x 2 bytes.
constexpr std::uint64_t kCostAt2048 = (2 * 2048 + 2 * 768) * (64 + 64) * 2;

TEST(KvCost, costs_the_sample_to_the_byte) {
    const json result = answer({"kv-cost", test::kSample, "--ctx", "2k", "--json"})["result"];
    EXPECT_EQ(result["total_bytes"], kCostAt2048);
    EXPECT_EQ(result["context_requested"], 2048);
    EXPECT_EQ(result["naive_bytes"], 2 * 4 * 2 * 32 * 2048 * 2);
    std::uint64_t layers = 0, caches = 0;
    for (const json& layer : result["layers"])
        layers += layer["k_bytes"].get<std::uint64_t>() + layer["v_bytes"].get<std::uint64_t>();
    for (const json& cache : result["caches"])
        caches += cache["k_bytes"].get<std::uint64_t>() + cache["v_bytes"].get<std::uint64_t>();
    EXPECT_EQ(layers, kCostAt2048);
    EXPECT_EQ(caches, kCostAt2048);
}

TEST(KvCost, finds_its_model_in_four_ways) {
    const std::vector<std::string> cost = {"kv-cost", "--ctx", "2k", "--json"};
    const std::string inspected = test::run_cli({"inspect", "--json", test::kSample}).out;
    EXPECT_EQ(answer(Call{.arguments = cost, .input = inspected})["result"]["total_bytes"], kCostAt2048)
        << "JSON on standard input";
    EXPECT_EQ(answer(Call{.arguments = cost, .environment = {{"ATTNX_MODEL", test::kSample}}})["result"]["total_bytes"],
              kCostAt2048)
        << "ATTNX_MODEL";
    test::TempDir alone;
    std::filesystem::copy_file(test::kSample, alone.path() / "only.gguf");
    EXPECT_EQ(answer(Call{.arguments = cost, .directory = alone.path()})["result"]["total_bytes"], kCostAt2048)
        << "the only file here";
    const json by_hand =
        answer({"kv-cost", "--layers", "32", "--kv-heads", "8", "--head-dim", "128", "--ctx", "8k", "--json"});
    EXPECT_EQ(by_hand["result"]["total_bytes"], 1'073'741'824)
        << "geometry by hand; the figure of kv-vectors.json, llama 8B";
}

TEST(KvCost, names_the_four_ways_when_none_leads_to_a_model) {
    test::TempDir empty;
    const Result none = test::run({.arguments = {"kv-cost", "--ctx", "2k"}, .directory = empty.path()});
    EXPECT_EQ(none.status, 2);
    EXPECT_EQ(none.out, "");
    for (const char* way : {"--layers", "attnx inspect --json", "ATTNX_MODEL", "*.gguf"})
        EXPECT_NE(none.err.find(way), std::string::npos) << way << " in " << none.err;
    std::filesystem::copy_file(test::kSample, empty.path() / "a.gguf");
    std::filesystem::copy_file(test::kSample, empty.path() / "b.gguf");
    EXPECT_EQ(test::run({.arguments = {"kv-cost", "--ctx", "2k"}, .directory = empty.path()}).status, 2)
        << "two files are ambiguous";
}

TEST(KvCost, refuses_json_that_is_not_of_inspect) {
    for (const char* text : {"{", "[]", "{}", "{\"result\":{}}", "{\"result\":{\"layer_count\":-1}}", "42",
                             "{\"error\":{\"message\":\"no\"}}"}) {
        const Result result = test::run({.arguments = {"kv-cost", "--ctx", "2k"}, .input = text});
        EXPECT_EQ(result.status, 2) << text;
        EXPECT_NE(result.err.find("[bad-geometry]"), std::string::npos) << text << ": " << result.err;
    }
    json document = answer({"inspect", "--json", test::kSample});
    document["result"]["memory_plan"]["caches"][0]["layers"][0]["layer"] = 4'000'000;
    EXPECT_EQ(test::run({.arguments = {"kv-cost", "--ctx", "2k"}, .input = document.dump()}).status, 2);
}

TEST(KvCost, makes_rows_of_several_contexts_and_types) {
    const json rows = answer(
        {"kv-cost", test::kSample, "-c", "1k,2k", "-ctk", "f16,q8_0", "-ctv", "f16,q8_0", "--json"})["result"]["rows"];
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_EQ(rows[1]["total_bytes"], kCostAt2048);
    EXPECT_EQ(rows[3]["cache_type_k"], "q8_0");
    EXPECT_EQ(rows[3]["total_bytes"], kCostAt2048 / 2 * 34 / 32);  // a block of 32 takes 34 bytes instead of 64
    EXPECT_EQ(rows[0]["context_allocated"], 1024);
}

TEST(KvCost, finds_the_largest_context_that_fits) {
    const json result = answer({"kv-cost", test::kSample, "--budget", "10MiB", "--json"})["result"];
    ASSERT_GE(result["rows"].size(), 3u);
    for (const json& row : result["rows"]) {
        const auto at = [&](std::uint64_t context) {
            return answer({"kv-cost", test::kSample, "--ctx", std::to_string(context), "-ctk", row["cache_type_k"],
                           "-ctv", row["cache_type_v"], "--json"})["result"]["total_bytes"]
                .get<std::uint64_t>();
        };
        const std::uint64_t context = row["context"];
        EXPECT_LE(at(context), 10u << 20);
        EXPECT_GT(at(context + 1), 10u << 20);
        EXPECT_EQ(at(context), row["total_bytes"]);
    }
    const json with_weights =
        answer({"kv-cost", test::kSample, "--budget", "10MiB", "--with-weights", "--json"})["result"];
    EXPECT_LT(with_weights["rows"][0]["context"], result["rows"][0]["context"]);
    EXPECT_TRUE(
        answer({"kv-cost", test::kSample, "--budget", "1k", "--json"})["result"]["rows"][0]["context"].is_null());
}

TEST(KvCost, exits_2_with_the_reason_where_llama_cpp_refuses) {
    const Result result = test::run_cli({"kv-cost", test::kSample, "--ctx", "2k", "-ctv", "q8_0", "-fa", "off"});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("flash attention"), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1);
}

TEST(ComputeCost, gives_the_same_from_the_file_and_from_its_json) {
    const std::string inspected = test::run_cli({"inspect", "--json", test::kSample}).out;
    for (const bool decode : {false, true}) {
        std::vector<std::string> arguments = {"compute-cost", "--ctx", "300", "--json"};
        if (decode) arguments.push_back("--decode");
        const json from_json = answer(Call{.arguments = arguments, .input = inspected});
        arguments.push_back(test::kSample);
        const json from_file = answer(arguments);
        EXPECT_EQ(from_file["result"], from_json["result"]);
        EXPECT_EQ(from_file["model"], from_json["model"]);
    }
}

TEST(ComputeCost, counts_the_samples_matrices) {
    const json result = answer({"compute-cost", test::kSample, "--ctx", "10", "--json"})["result"];
    const json& layer = result["layers"][0];
    EXPECT_EQ(layer["q_projection_flops"], 2.0 * 10 * 128 * 128);
    EXPECT_EQ(layer["k_projection_flops"], 2.0 * 10 * 128 * 64);
    EXPECT_EQ(layer["scores_flops"], 2.0 * 32 * 4 * 55);
    EXPECT_EQ(layer["feed_forward_flops"], 2.0 * 10 * 3 * 128 * 64);
    EXPECT_TRUE(result["counted_from_tensors"]);
}

TEST(Tensors, lists_roles_shapes_and_absolute_offsets) {
    const json result = answer({"tensors", test::kSample, "--filter", "blk.0.attn_k.*", "--json"})["result"];
    ASSERT_EQ(result["tensors"].size(), 1u);
    const json& k = result["tensors"][0];
    EXPECT_EQ(k["name"], "blk.0.attn_k.weight");
    EXPECT_EQ(k["role"], "K");
    EXPECT_EQ(k["layer"], 0);
    EXPECT_EQ(k["shape"], (json{64, 128}));
    EXPECT_EQ(k["type"], "f16");
    EXPECT_EQ(k["bytes"], 64 * 128 * 2);
}

TEST(Tensors, sorts_and_puts_the_attention_of_a_layer_side_by_side) {
    const json by_size = answer({"tensors", test::kSample, "--sort", "size", "--json"})["result"]["tensors"];
    for (std::size_t i = 1; i < by_size.size(); ++i) EXPECT_GE(by_size[i - 1]["bytes"], by_size[i]["bytes"]);
    const json attention = answer({"tensors", test::kSample, "--attention", "--json"})["result"]["attention"];
    ASSERT_EQ(attention.size(), 4u);
    EXPECT_EQ(attention[2]["q"], "blk.2.attn_q.weight");
    EXPECT_EQ(attention[2]["o"], "blk.2.attn_output.weight");
}

TEST(Metadata, prints_a_named_value_alone) {
    EXPECT_EQ(test::run_cli({"metadata", test::kSample, "general.name"}).out, "attnx sample\n");
    EXPECT_EQ(test::run_cli({"metadata", test::kSample, "mimo2.attention.sliding_window_pattern"}).out, "0\n0\n1\n1\n");
}

TEST(Metadata, exits_1_when_a_key_is_not_there) {
    const Result result = test::run_cli({"metadata", test::kSample, "general.name", "no.such.key"});
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.out, "attnx sample\n");
    EXPECT_NE(result.err.find("no.such.key"), std::string::npos);
}

TEST(Metadata, keeps_whole_arrays_for_those_who_ask) {
    const auto tokens = [](const json& document) -> json {
        for (const json& row : document["result"]["metadata"])
            if (row["key"] == "tokenizer.ggml.tokens") return row;
        return {};
    };
    const json brief = tokens(answer({"metadata", test::kSample, "--json"}));
    const json full = tokens(answer({"metadata", test::kSample, "--json", "--arrays", "full"}));
    EXPECT_LT(brief["value"].size(), full["value"].size());
    EXPECT_EQ(full["value"].size(), full["length"]);
    EXPECT_EQ(brief["length"], full["length"]);
}

TEST(Check, finds_the_sample_whole_and_accounts_for_every_byte) {
    const Result result = test::run_cli({"check", test::kSample, "--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    const json document = json::parse(result.out);
    EXPECT_EQ(document["result"]["files"][0]["verdict"], "whole");
    std::uint64_t bytes = 0;
    for (const json& region : document["result"]["files"][0]["regions"]) bytes += region["bytes"].get<std::uint64_t>();
    EXPECT_EQ(bytes, std::filesystem::file_size(test::kSample));
}

TEST(Check, tells_whole_broken_and_unreadable_apart) {
    test::TempDir folder;
    const std::string cut = (folder.path() / "cut.gguf").string(), junk = (folder.path() / "junk.gguf").string();
    std::filesystem::copy_file(test::kSample, cut);
    std::filesystem::resize_file(cut, std::filesystem::file_size(cut) - 1000);
    std::ofstream(junk) << "this is not a model, whatever its name says";
    EXPECT_EQ(test::run_cli({"check", cut}).status, 1) << "cut short: answered, and the answer is no";
    EXPECT_EQ(test::run_cli({"check", junk}).status, 2);
    const Result all = test::run_cli({"check", test::kSample, cut, junk, "--json"});
    EXPECT_EQ(all.status, 2);
    const json files = json::parse(all.out)["result"]["files"];
    ASSERT_EQ(files.size(), 3u);
    EXPECT_EQ(files[0]["verdict"], "whole");
    EXPECT_EQ(files[1]["verdict"], "errors");
    EXPECT_EQ(files[2]["error_code"], "not-gguf");
}

TEST(AnyCommand, says_in_one_line_what_is_wrong_with_a_file) {
    test::TempDir folder;
    const std::string empty = (folder.path() / "empty.gguf").string();
    std::ofstream{empty};
    const std::string missing = (folder.path() / "missing\x1b[31m.gguf").string();
    for (const auto& [path, code] : {std::pair{missing, "cannot-open"},
                                     {folder.path().string(), "not-a-file"},
                                     {empty, "empty-file"},
                                     {std::string("/dev/zero"), "not-a-file"}})
        for (const char* command : {"inspect", "tensors", "metadata", "check", "kv-cost", "compute-cost"}) {
            const Result result = test::run_cli({command, path, "--json"});
            EXPECT_EQ(result.status, 2);
            EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
            EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << "control characters never reach a terminal raw";
            EXPECT_EQ(json::parse(result.out)["error"]["code"], code) << result.out;
        }
}

}  // namespace
}  // namespace attnx
