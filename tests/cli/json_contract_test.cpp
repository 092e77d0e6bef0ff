#include "support/json_contract.h"

#include <gtest/gtest.h>

#include "support/run_cli.h"

namespace attnx::test {
namespace {

using Lines = std::vector<std::string>;

TEST(JsonContract, is_kept_by_help_and_by_failures) {
    EXPECT_EQ(contract_violations(run_cli({"help", "--json"}).out), Lines{});
    EXPECT_EQ(contract_violations(run_cli({"help", "help", "--json"}).out), Lines{});
    EXPECT_EQ(contract_violations(run_cli({"nonsense", "--json"}).out), Lines{});
}

TEST(JsonContract, sees_unknown_and_missing_keys) {
    constexpr std::string_view kPaths = "a b/c layers/*/k extra? free/**";
    EXPECT_EQ(path_violations(R"({"a": 1, "b": {"c": [1, 2]}, "layers": [{"k": 1}], "free": {"x": {"y": 1}}})", kPaths), Lines{});
    EXPECT_EQ(path_violations(R"({"a": 1, "b": {"c": 1}, "layers": [], "free": 0, "extra": 2})", kPaths), Lines{});
    EXPECT_EQ(path_violations(R"({"a": 1, "b": {"c": 1, "d": 2}, "layers": [{"k": 1}, {"q": 1}], "free": 0})", kPaths),
              (Lines{"unknown key b/d", "unknown key layers/1/q", "missing key layers/*/k"}));
    EXPECT_EQ(path_violations(R"({"b": {}, "layers": [], "free": 0})", kPaths), (Lines{"missing key a", "missing key b/c"}));
}

}  // namespace
}  // namespace attnx::test
