// attnx graph: semantics of docs/known-answers.md, with and without a model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "support/run_cli.h"
#include "support/sample.h"
#include "support/source_tree.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

bool graph_says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

json graph_of(Lines arguments) {
    arguments.insert(arguments.begin(), "graph");
    arguments.emplace_back("--json");
    const Result result = run_cli(arguments);
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.status, 0);
    return json::parse(result.out)["result"];
}

std::string graph_refusal(Lines arguments) {
    arguments.insert(arguments.begin(), "graph");
    const Result result = run_cli(arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    return result.err;
}

// numpy: seed(42), rand(8, 8), rows normalised, as savetxt and save write it.
std::vector<double> documents_matrix() {
    std::mt19937 generator(42);
    std::vector<double> values(64);
    for (double& value : values) {
        const std::uint32_t a = static_cast<std::uint32_t>(generator()) >> 5,
                            b = static_cast<std::uint32_t>(generator()) >> 6;
        value = (a * 67108864.0 + b) / 9007199254740992.0;
    }
    for (std::size_t i = 0; i < 64; i += 8) {
        double sum = 0;
        for (std::size_t j = 0; j < 8; ++j) sum += values[i + j];
        for (std::size_t j = 0; j < 8; ++j) values[i + j] /= sum;
    }
    return values;
}

std::string write_matrix(const TempDir& dir, const std::string& name, const std::string& bytes) {
    const std::string path = (dir / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

std::string documents_csv(const TempDir& dir) {
    std::string text;
    const std::vector<double> values = documents_matrix();
    for (std::size_t i = 0; i < 64; ++i) {
        char number[40];
        std::snprintf(number, sizeof number, "%.18e%c", values[i], i % 8 == 7 ? '\n' : ',');
        text += number;
    }
    return write_matrix(dir, "m.csv", text);
}

std::string documents_npy(const TempDir& dir) {
    const std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (8, 8), }";
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size());
    bytes += '\0';
    const std::vector<double> values = documents_matrix();
    return write_matrix(dir, "m.npy", bytes + header + std::string(reinterpret_cast<const char*>(values.data()), 512));
}

TEST(Graph, of_the_documents_matrix_is_what_they_say) {
    const TempDir dir;
    for (const std::string& path : {documents_csv(dir), documents_npy(dir)}) {
        const json result = graph_of({"--matrix", path, "--labels", "The,quick,brown,fox,jumps,over,lazy,dog"});
        EXPECT_EQ(result["nodes"].size(), 8u);
        EXPECT_EQ(result["nodes"][7]["token"], "dog");
        EXPECT_EQ(result["edges"].size(), 64u);
        EXPECT_TRUE(result["edges"][0]["layer"].is_null() && result["edges"][0]["head"].is_null());
        const std::vector<std::pair<double, int>> counts = {{0, 64}, {.1, 38}, {.15, 27}, {.2, 10}, {.25, 3}};
        ASSERT_EQ(result["sweep"].size(), counts.size());
        for (std::size_t i = 0; i < counts.size(); ++i) {
            EXPECT_EQ(result["sweep"][i]["threshold"], counts[i].first);
            EXPECT_EQ(result["sweep"][i]["edges"], counts[i].second);
        }
        const double strongest[][3] = {
            {7, 6, .331422}, {5, 3, .274387}, {1, 3, .261453}, {0, 1, .244263}, {3, 1, .232846}};
        ASSERT_EQ(result["strongest"].size(), 5u);
        for (std::size_t i = 0; i < 5; ++i) {
            EXPECT_EQ(result["strongest"][i]["src"], strongest[i][0]);
            EXPECT_EQ(result["strongest"][i]["dst"], strongest[i][1]);
            EXPECT_NEAR(result["strongest"][i]["weight"].get<double>(), strongest[i][2], 5e-7);
        }
        EXPECT_EQ(graph_of({"--matrix", path, "--threshold", "0.2"})["edges"].size(), 10u);
        EXPECT_TRUE(graph_says(run_cli({"graph", "--matrix", path, "--threshold", "0.3"}).out, ": 1 edge of weight"));
        EXPECT_EQ(graph_of({"--matrix", path})["nodes"][3]["token"], "3") << "without labels their numbers";
    }
}

TEST(Graph, of_nothing_above_the_threshold_is_a_line_that_names_columns) {
    const TempDir dir;
    const std::string path = documents_csv(dir);
    for (const auto& [columns, head] :
         {std::pair("src", "src,dst,weight,layer,head\n"), std::pair("source", "source,target,weight,layer,head\n")}) {
        EXPECT_EQ(run_cli({"graph", "--matrix", path, "--threshold", "2", "--columns", columns, "--format", "csv"}).out,
                  head);
        const std::string out = (dir / "edges.csv").string();
        EXPECT_EQ(
            run_cli({"graph", "--matrix", path, "--threshold", "2", "--columns", columns, "-o", out, "-q"}).status, 0);
        EXPECT_EQ(read_text(out), head);
        EXPECT_TRUE(read_text(dir / "edges.nodes.csv").starts_with("id,token\n0,0\n1,1\n")) << "beside it";
    }
}

TEST(Graph, says_what_is_wrong_with_a_matrix) {
    const TempDir dir;
    const std::string path = documents_csv(dir);
    EXPECT_TRUE(graph_says(graph_refusal({"--matrix", write_matrix(dir, "r.csv", "1,2\n")}),
                           "a square matrix, and this has 1 rows and 2 columns"));
    EXPECT_TRUE(graph_says(graph_refusal({"--matrix", path, "--labels", "a,b"}), "2 labels for a matrix of 8 rows"));
    EXPECT_TRUE(graph_says(graph_refusal({"--matrix", write_matrix(dir, "e.csv", "")}), "0 rows"));
    EXPECT_TRUE(graph_says(graph_refusal({"--matrix", path, "--layer", "1"}), "for a model, not for --matrix"));
    EXPECT_TRUE(graph_says(graph_refusal({"--matrix", path, "-o", path}), "m.csv"));
    EXPECT_TRUE(graph_says(graph_refusal({}), "give a MODEL and a text, or --matrix FILE"));
    EXPECT_TRUE(graph_says(graph_refusal({kSample, "--matrix", path}), "not both"));
    EXPECT_TRUE(graph_says(graph_refusal({"--matrix", path, "-o", "graph.txt"}),
                           "the name must end in .json, .csv, .dot, .graphml, .mmd, .svg, .png or .pdf"));
    EXPECT_TRUE(graph_says(graph_refusal({"--matrix", path, "--mass", "70"}), "between 0 and 1"));
}

class GraphOfSample : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(kSample)) GTEST_SKIP() << "the build has not written sample.gguf";
    }
};

// tools/sample_model.cpp: head 0 of layer 0 attends to the token before.
TEST_F(GraphOfSample, has_the_weights_that_attend_tells) {
    const Lines prompt = {kSample, "-p", "the cat sat on the mat"};
    Lines arguments = prompt;
    arguments.insert(arguments.end(), {"--layer", "0", "--head", "0"});
    const json result = graph_of(arguments);
    const Result attended = run_cli({"attend", "--json", kSample, "-p", "the cat sat on the mat", "--layers", "0"});
    const json weights = json::parse(attended.out)["result"]["layers"][0]["weights"][0];
    ASSERT_EQ(result["edges"].size(), 7u * 8 / 2) << "what a query sees, zeros included";
    for (const json& edge : result["edges"]) {
        EXPECT_EQ(edge["weight"].get<float>(),
                  weights[edge["src"].get<std::size_t>()][edge["dst"].get<std::size_t>()].get<float>());
        EXPECT_EQ(edge["layer"], 0);
        EXPECT_EQ(edge["head"], 0);
    }
    arguments.insert(arguments.end(), {"--threshold", "0.9", "--no-self"});
    const json above = graph_of(arguments)["edges"];
    for (const json& edge : above) EXPECT_EQ(edge["dst"].get<int>() + 1, edge["src"].get<int>()) << "the token before";
    EXPECT_EQ(graph_of({kSample, "-p", "the cat sat", "--include-masked"})["edges"].size(), 16u);
    EXPECT_TRUE(graph_of({kSample, "-p", "the cat sat"})["head"].is_null()) << "the mean";
    const json top = graph_of({kSample, "-p", "the cat sat", "--drop-first", "--mode", "top", "--top", "1"})["edges"];
    for (const json& edge : top) EXPECT_NE(edge["dst"], 0);
}

TEST_F(GraphOfSample, is_written_for_other_tools_in_one_go) {
    const TempDir dir;
    Lines arguments = {"graph", kSample, "-p", "the cat sat on the mat", "-q"};
    for (const char* name : {"g.csv", "g.json", "g.dot", "g.graphml", "g.mmd"})
        arguments.insert(arguments.end(), {"-o", (dir / name).string()});
    const Result result = run_cli(arguments);
    EXPECT_EQ(result.err, "");
    for (const char* name : {"g.csv", "g.nodes.csv", "g.json", "g.dot", "g.graphml", "g.mmd"})
        EXPECT_FALSE(read_text(dir / name).empty()) << name;
    const json node_link = json::parse(read_text(dir / "g.json"));
    EXPECT_EQ(node_link["nodes"].size(), 7u);
    EXPECT_EQ(node_link["links"].size(), 28u);
    EXPECT_TRUE(graph_says(node_link["graph"]["of"].get<std::string>(), "mean of"));
}

TEST_F(GraphOfSample, never_replaces_the_model_or_the_prompt) {
    const TempDir dir;
    const std::string model = read_text(kSample);
    for (const char* name : {"m.dot", "o.nodes.csv"}) std::ofstream(dir / name, std::ios::binary) << model;
    std::ofstream(dir / "prompt.mmd") << "the cat";
    std::filesystem::create_symlink("m.dot", dir / "symbolic.dot");
    const auto refused = [&](const Lines& arguments) {
        const Result result = run({.arguments = arguments, .directory = dir.path()});
        EXPECT_EQ(result.status, 2);
        EXPECT_TRUE(graph_says(result.err, "it cannot be the output too [usage]")) << result.err;
    };
    for (const char* alias : {"m.dot", "./m.dot", "symbolic.dot"})
        refused({"graph", "m.dot", "-p", "the cat", "-o", alias});
    refused({"graph", "o.nodes.csv", "-p", "the cat", "-o", "o.csv"});
    refused({"graph", "m.dot", "-f", "prompt.mmd", "-o", "prompt.mmd"});
    EXPECT_EQ(read_text(dir / "m.dot"), model);
    EXPECT_EQ(read_text(dir / "o.nodes.csv"), model);
    EXPECT_FALSE(std::filesystem::exists(dir / "o.csv"));
}

bool dot_is_installed() {
    return run({.arguments = {"-c", "command -v dot >/dev/null"}, .program = "/bin/sh"}).status == 0;
}

TEST_F(GraphOfSample, of_two_hundred_tokens_opens_in_graphviz) {
    if (!dot_is_installed()) GTEST_SKIP() << "NOT TRIED: graphviz (dot) is not installed";
    const TempDir dir;
    std::string text;
    for (int i = 0; i < 199; ++i) text += i == 0 ? "the" : i % 3 == 0 ? " cat" : i % 3 == 1 ? " sat" : " mat";
    const Result result = run_cli(
        {"graph", kSample, "-p", text, "--mode", "top", "--top", "2", "-o", (dir / "g.dot").string(), "--json"});
    EXPECT_EQ(json::parse(result.out)["result"]["nodes"].size(), 200u);
    const Result drawn = run({.arguments = {"-c", "dot -Tsvg g.dot -o g.svg"},
                              .directory = dir.path(),
                              .program = "/bin/sh",
                              .timeout = std::chrono::seconds(120)});
    EXPECT_EQ(drawn.status, 0) << drawn.err;
    EXPECT_EQ(drawn.err, "");
    const std::string svg = read_text(dir / "g.svg");
    EXPECT_TRUE(graph_says(svg, "</svg>"));
    std::size_t nodes = 0;
    for (std::size_t at = 0; (at = svg.find("class=\"node\"", at)) != std::string::npos; ++at) ++nodes;
    EXPECT_EQ(nodes, 200u);
}

// Labels that would end strings, tags, comments and lines.
TEST(Graph, with_hostile_labels_opens_in_graphviz) {
    if (!dot_is_installed()) GTEST_SKIP() << "NOT TRIED: graphviz (dot) is not installed";
    const TempDir dir;
    const std::string path =
        write_matrix(dir, "m.csv", "\"a\"\"\\\",</script>&lt;,\"\x1b[31m\nx\"\n1,0,0\n0,1,0\n.5,.25,.25\n");
    EXPECT_EQ(run_cli({"graph", "--matrix", path, "-o", (dir / "g.dot").string(), "-q"}).status, 0);
    const Result drawn = run({.arguments = {"-c", "dot -Tsvg g.dot"}, .directory = dir.path(), .program = "/bin/sh"});
    EXPECT_EQ(drawn.status, 0) << drawn.err;
    EXPECT_TRUE(graph_says(drawn.out, "a&quot;\\")) << drawn.out;
    EXPECT_TRUE(graph_says(drawn.out, "&lt;/script&gt;&amp;lt;")) << drawn.out;
    EXPECT_TRUE(graph_says(drawn.out, "\\x1b[31m\\nx") || graph_says(drawn.out, "\\x1b[31m⏎x")) << drawn.out;
}

TEST(Graph, refuses_more_edges_than_it_may_hold) {
    const TempDir dir;
    const std::string path = documents_csv(dir);
    EXPECT_TRUE(graph_says(graph_refusal({"--matrix", path, "--max-memory", "16KiB"}), "64 edges"));
    EXPECT_EQ(graph_of({"--matrix", path, "--max-memory", "16KiB", "--threshold", "0.2"})["edges"].size(), 10u);
}

}  // namespace
}  // namespace attnx::test
