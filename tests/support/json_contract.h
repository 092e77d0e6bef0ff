// The keys of JSON answers, as scripts may rely on them. A key that is not listed, or a listed one that is missing, fails:
// adding a key means adding it here and in docs/json.md, renaming one means a new `schema`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnx::test {

struct Contract {
    std::string_view command;
    // Paths below `result`, separated by spaces: "rope/freq_base layers/*/kind". "*" is any index or key; a last segment "**"
    // is anything below; a path that ends with "?" may be missing. When `result` has `rows`, each row is held against the paths.
    std::string_view paths;
};

std::span<const Contract> contracts();

// What is wrong with an answer (or an error object) as lines for people; empty when it keeps its contract.
std::vector<std::string> contract_violations(const std::string& json_text);

// The same against given paths, for the test of this helper.
std::vector<std::string> path_violations(const std::string& json_text, std::string_view paths);

}  // namespace attnx::test
