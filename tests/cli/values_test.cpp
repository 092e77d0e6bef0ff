#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "support/gguf_builder.h"
#include "support/json_contract.h"
#include "support/rotated.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

class Values : public ::testing::Test {
protected:
    void SetUp() override {
        std::vector<float> counting(24);
        std::iota(counting.begin(), counting.end(), 0.0F);
        std::vector<float> odd = {1, -1, std::nanf(""), 0};
        GgufBuilder()
            .key("general.architecture", "llama")
            .key("general.name", "tiny")
            .tensor("cube", "f32", {4, 3, 2}, fill_f32(counting))
            .tensor("odd", "f32", {4}, fill_f32(odd))
            .tensor("big", "f32", {100, 100})
            .write(model_);
    }
    nlohmann::json json(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "values");
        arguments.push_back("--json");
        const Result result = run_cli(arguments);
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(contract_violations(result.out), std::vector<std::string>{});
        return nlohmann::json::parse(result.out);
    }

    TempDir folder_;
    std::string model_ = (folder_ / "m.gguf").string();
};

TEST_F(Values, of_a_rotated_tensor_are_those_before_it_was_rotated_and_said_to_be) {
    const Rotated rotated = {.matrices = {"turned"}, .tables = {}, .block = 4};
    GgufBuilder builder;
    for (const auto& [key, value] : rotated.keys()) builder.key(key, value);
    auto bytes = builder.tensor("turned", "f32", {4, 1}, fill_f32({3, 1, 4, 1}))
                     .tensor("plain", "f32", {4}, fill_f32({3, 1, 4, 1}))
                     .bytes();
    rotated.rotate(bytes);
    std::ofstream(model_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const auto turned = json({model_, "turned"}), plain = json({model_, "plain"});
    const auto numbers = turned["result"]["values"][0].get<std::vector<double>>();
    const std::vector<double> wanted = {3, 1, 4, 1};
    ASSERT_EQ(numbers.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(numbers[i], wanted[i], 1e-6);
    EXPECT_NE(turned.dump().find("rotated-weights"), std::string::npos);
    EXPECT_EQ(plain.dump().find("rotated-weights"), std::string::npos) << "of other tensors there is nothing to say";
}

TEST_F(Values, nests_numbers_as_the_shape_does) {
    const auto answer = json({model_, "cube"});
    EXPECT_EQ(answer["model"]["name"], "tiny");
    const auto& result = answer["result"];
    EXPECT_EQ(result["tensor"], "cube");
    EXPECT_EQ(result["type"], "f32");
    EXPECT_EQ(result["shape"], nlohmann::json({2, 3, 4}));
    EXPECT_EQ(result["values"].size(), 2U);
    EXPECT_EQ(result["values"][1][2], nlohmann::json({20, 21, 22, 23}));
    EXPECT_EQ(result.size(), 4U);
}

TEST_F(Values, gives_only_what_was_selected) {
    EXPECT_EQ(json({model_, "cube", "--slices", "1", "--rows", "1:", "--cols", ":2"})["result"]["values"],
              nlohmann::json::parse("[[[16, 17], [20, 21]]]"));
    EXPECT_EQ(json({model_, "odd", "--cols", "1:3"})["result"]["values"], nlohmann::json::parse("[-1, null]"));
}

TEST_F(Values, writes_csv_with_the_true_indices) {
    const Result result = run_cli({"values", model_, "cube", "--rows", "2", "--cols", "1:3", "--format", "csv"});
    EXPECT_EQ(result.out, "slice,row,1,2\n0,2,9,10\n1,2,21,22\n");
}

TEST_F(Values, writes_a_file_by_its_ending) {
    const std::vector<std::string> line = {"values", model_, "cube", "--rows", "0:2"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), line.begin(), line.end());
        return run_cli(more);
    };
    for (const std::string name : {"json", "csv"}) {
        const std::string path = (folder_ / ("out." + name)).string();
        const Result result = with({"-o", path});
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_NE(result.out.find("written to"), std::string::npos) << result.out;
        std::ifstream in(path, std::ios::binary);
        EXPECT_EQ(std::string((std::istreambuf_iterator<char>(in)), {}), with({"--format", name}).out);
    }
    for (const char* name : {"out.txt", "out.md", "out"}) {
        const Result result = with({"-o", (folder_ / name).string()});
        EXPECT_EQ(result.status, 2);
        EXPECT_NE(result.err.find("the name must end in .json, "), std::string::npos) << result.err;
    }
}

TEST_F(Values, writes_a_file_that_numpy_reads) {
    const std::string path = (folder_ / "out.npy").string();
    EXPECT_EQ(run_cli({"values", model_, "cube", "--rows", "0:2", "-o", path}).status, 0);
    std::ifstream in(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    // numpy.lib.format: magic, version 1.0, little-endian header length, a Python literal padded with spaces
    // to 64 bytes, ending in a newline.
    ASSERT_GT(bytes.size(), 64U);
    EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
    const std::size_t length = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
    EXPECT_EQ((10 + length) % 64, 0U);
    EXPECT_EQ(bytes[10 + length - 1], '\n');
    EXPECT_EQ(bytes.substr(10, 70).find("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 4), }"), 0U);
    ASSERT_EQ(bytes.size(), 10 + length + 16 * sizeof(float));
    float last = 0;
    std::memcpy(&last, bytes.data() + bytes.size() - sizeof last, sizeof last);
    EXPECT_EQ(last, 19);
}

TEST_F(Values, measures_and_draws) {
    const auto result = json({model_, "odd", "--stats"})["result"];
    EXPECT_EQ(result["count"], 4);
    EXPECT_EQ(result["nans"], 1);
    EXPECT_EQ(result["zeros"], 1);
    EXPECT_EQ(result["mean"], 0);
    EXPECT_NEAR(result["standard_deviation"].get<double>(), std::sqrt(2.0 / 3), 1e-12);
    std::uint64_t counted = 0;
    for (const auto& bin : result["histogram"]) counted += bin["count"].get<std::uint64_t>();
    EXPECT_EQ(counted, 3U);
    EXPECT_NE(run_cli({"values", model_, "odd", "--stats"}).out.find("████"), std::string::npos);
}

TEST_F(Values, shows_a_table_with_indices) {
    const std::string out = run_cli({"values", model_, "cube", "--slices", "0", "--rows", "1", "--cols", "2:4"}).out;
    EXPECT_NE(out.find("slices 0 to 0, rows 1 to 1, columns 2 to 3"), std::string::npos) << out;
    const std::size_t line = out.rfind("  1  ");  // row 1 holds 4, 5, 6, 7
    ASSERT_NE(line, std::string::npos) << out;
    EXPECT_NE(out.find('6', line), std::string::npos) << out;
    EXPECT_NE(out.find('7', line), std::string::npos) << out;
}

TEST_F(Values, refuses_a_table_nobody_would_read_and_says_how_big_it_would_be) {
    const Result result = run_cli({"values", model_, "big"});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("10,000 values"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("KiB"), std::string::npos);
    EXPECT_EQ(run_cli({"values", model_, "big", "--json"}).status, 0);
    EXPECT_EQ(run_cli({"values", model_, "big", "--rows", "0:2"}).status, 0);
}

TEST_F(Values, says_that_a_tensor_is_not_there) {
    const Result result = run_cli({"values", model_, "cubes"});
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("cube"), std::string::npos) << result.err;
}

TEST_F(Values, refuses_ranges_outside_or_unreadable) {
    for (const char* range : {"3:", "2:2", "x", "1:y", "5"})
        EXPECT_EQ(run_cli({"values", model_, "cube", "--rows", range}).status, 2) << range;
    EXPECT_EQ(run_cli({"values", model_, "cube", "-o", "x.txt"}).status, 2);
    EXPECT_EQ(run_cli({"values", model_, "cube", "-o", (folder_ / "none" / "x.npy").string()}).status, 2);
    EXPECT_EQ(run_cli({"values", model_, "cube", "-o", "/dev/full"}).status, 2);
}

}  // namespace
}  // namespace attnx::test
