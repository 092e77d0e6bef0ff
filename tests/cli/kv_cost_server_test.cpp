// kv-cost as llama-server starts: slots, one cache, and what it keeps in main memory.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/run_cli.h"
#include "support/sample.h"

namespace attnx {
namespace {

using nlohmann::json;

json served(std::vector<std::string> arguments) {
    const test::Result result = test::run_cli(std::move(arguments));
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out, nullptr, false);
}

// 2 full layers of 2048 cells; 2 sliding ones, whose windows of 16 are PAD(16 + 240, 256) cells for one sequence and
// PAD(4 * 16 + 240, 256) for four in one cache.
TEST(KvCostOfServer, says_in_a_line_what_llama_server_would_take_where_it_is_something_else) {
    constexpr std::uint64_t kRow = (64 + 64) * 2;
    const std::vector<std::string> asked = {"kv-cost", test::kSample, "-c", "2048", "-ub", "240"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), asked.begin(), asked.end());
        return more;
    };
    const json library = served(with({"--json"}))["result"], server = served(with({"--as-server", "--json"}))["result"];
    EXPECT_EQ(library["configuration_from"], "library");
    EXPECT_EQ(library["total_bytes"], (2 * 2048 + 2 * 256) * kRow);
    EXPECT_FALSE(library.contains("host_memory"));
    EXPECT_EQ(server["configuration_from"], "server");
    EXPECT_EQ(server["total_bytes"], (2 * 2048 + 2 * 512) * kRow);
    EXPECT_EQ(server["parallel"], 4);
    EXPECT_EQ(server["kv_unified"], true);

    const std::string line = "llama-server starts with four slots in one unified cache: 1.25 MiB; see --as-server.";
    EXPECT_NE(test::run_cli(asked).out.find(line), std::string::npos);
    for (const std::string option : {"--as-server", "-kvu", "-np=1"})
        EXPECT_EQ(test::run_cli(with({option})).out.find("see --as-server"), std::string::npos) << option;
    EXPECT_EQ(test::run_cli({"kv-cost", test::kSample, "-c", "2048"}).out.find("see --as-server"), std::string::npos)
        << "768 cells of a window either way";
}

// One slot's window: 2 layers, 16 cells, K and V of 2 heads x 32 in f16.
TEST(KvCostOfServer, adds_what_llama_server_keeps_in_main_memory) {
    const auto host = [](std::vector<std::string> more) {
        std::vector<std::string> all = {"kv-cost", test::kSample, "-c", "2048", "--as-server", "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return served(all)["result"]["host_memory"];
    };
    const json usual = host({});
    EXPECT_EQ(usual["kinds"][0], (json{{"kind", "sliding"}, {"bytes", 2 * 16 * (64 + 64) * 2}}));
    EXPECT_EQ(usual["kinds"][1]["kind"], "bookkeeping");
    const std::uint64_t one = usual["checkpoint_bytes"];
    EXPECT_EQ(one, usual["kinds"][0]["bytes"].get<std::uint64_t>() + usual["kinds"][1]["bytes"].get<std::uint64_t>());
    EXPECT_EQ(usual["checkpoints"], 4 * 32);
    EXPECT_EQ(usual["checkpoints_bytes"], 4 * 32 * one);
    EXPECT_EQ(usual["prompt_cache_bytes"], std::uint64_t{8192} << 20);
    // Two full layers of 2048 cells, each of whose caches writes 12 bytes a cell, 24 a cache, 12 a tensor.
    EXPECT_EQ(usual["prompt_state_bytes"], one + 2 * 2048 * (64 + 64) * 2 + 2048 * 12 + 24 + 4 * 12);
    EXPECT_EQ(host({"--ctx-checkpoints", "3"})["checkpoints"], 4 * 3);
    EXPECT_EQ(host({"-ctxcp", "3", "-np", "2"})["checkpoints"], 2 * 3);
    EXPECT_EQ(host({"--ctx-checkpoints", "0"})["checkpoints_bytes"], 0);
    EXPECT_EQ(host({"--swa-full"})["checkpoints"], 0);
    EXPECT_EQ(host({"--cache-ram", "100"})["prompt_cache_bytes"], 100 << 20);
    EXPECT_TRUE(host({"-cram", "-1"})["prompt_cache_bytes"].is_null());
    EXPECT_EQ(host({"-cram", "0"})["prompt_cache_bytes"], 0);
}

TEST(KvCostOfServer, takes_the_server_s_own_options_only_for_the_server) {
    for (const std::string option : {"--ctx-checkpoints=3", "--cache-ram=-1", "--cache-ram=5"}) {
        const test::Result result = test::run_cli({"kv-cost", test::kSample, option});
        EXPECT_EQ(result.status, 2) << option;
        EXPECT_NE(result.err.find("--as-server"), std::string::npos) << result.err;
    }
    const json budget = served({"kv-cost", test::kSample, "--budget", "1GiB", "--as-server", "--json"})["result"];
    EXPECT_EQ(budget["configuration_from"], "server");
    EXPECT_EQ(budget["rows"][0]["parallel"], 4);
    const json rows = served({"kv-cost", test::kSample, "-c", "1k,2k", "--as-server", "--json"})["result"]["rows"];
    for (const json& row : rows) EXPECT_EQ(row["host_memory"]["checkpoints"], 4 * 32);
}

}  // namespace
}  // namespace attnx
