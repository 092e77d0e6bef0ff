#include "support/json_contract.h"

#include <gtest/gtest.h>

#include <cctype>

#include "support/paths.h"
#include "support/run_cli.h"
#include "support/source_tree.h"

namespace attnx::test {
namespace {

using Lines = std::vector<std::string>;

TEST(JsonContract, is_kept_by_help_and_by_failures) {
    EXPECT_EQ(contract_violations(run_cli({"help", "--json"}).out), Lines{});
    EXPECT_EQ(contract_violations(run_cli({"help", "help", "--json"}).out), Lines{});
    EXPECT_EQ(contract_violations(run_cli({"nonsense", "--json"}).out), Lines{});
}

TEST(JsonContract, is_written_down_for_people) {
    const std::string document = read_text(ATTNX_SOURCE_DIR "/docs/json.md");
    for (const Contract& contract : contracts()) {
        EXPECT_NE(document.find(contract.command), std::string::npos) << contract.command;
        std::string key;
        for (const char c : std::string(contract.paths) + " ") {
            if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
                key += c;
                continue;
            }
            if (!key.empty()) {
                const bool told = document.find("`" + key + "`") != std::string::npos ||
                                  document.find("`" + key + "/*") != std::string::npos ||
                                  document.find("/" + key + "/*") != std::string::npos;
                EXPECT_TRUE(told) << contract.command << ": docs/json.md does not mention `" << key << "`";
            }
            key.clear();
        }
    }
}

TEST(JsonContract, sees_unknown_and_missing_keys) {
    constexpr std::string_view kPaths = "a b/c layers/*/k extra? free/**";
    EXPECT_EQ(path_violations(R"({"a": 1, "b": {"c": [1, 2]}, "layers": [{"k": 1}], "free": {"x": {"y": 1}}})", kPaths),
              Lines{});
    EXPECT_EQ(path_violations(R"({"a": 1, "b": {"c": 1}, "layers": [], "free": 0, "extra": 2})", kPaths), Lines{});
    EXPECT_EQ(path_violations(R"({"a": 1, "b": {"c": 1, "d": 2}, "layers": [{"k": 1}, {"q": 1}], "free": 0})", kPaths),
              (Lines{"unknown key b/d", "unknown key layers/1/q", "missing key layers/*/k"}));
    EXPECT_EQ(path_violations(R"({"b": {}, "layers": [], "free": 0})", kPaths),
              (Lines{"missing key a", "missing key b/c"}));
}

}  // namespace
}  // namespace attnx::test
