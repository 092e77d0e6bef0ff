// The keys of JSON answers, as scripts may rely on them. A key that is not listed, or a listed one that is missing,
// fails: adding a key means adding it here and in docs/json.md, renaming one means a new `schema`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnx::test {

struct Contract {
    std::string_view command;
    // Where the paths begin below `result`: "" or, for several answers at once, "rows/*/".
    std::string_view prefix;
    // Separated by blanks: "rope/freq_base layers/*/layer,kind". "*" is any index or key, commas list keys of one
    // place, a last segment "**" is anything below, and what ends with "?" may be missing.
    std::string_view paths;
};

// A command may have several contracts, for its different answers; one of them must hold.
std::span<const Contract> contracts();

// What is wrong with an answer (or an error object) as lines for people; empty when it keeps its contract.
std::vector<std::string> contract_violations(const std::string& json_text);

// The same against given paths, for the test of this helper.
std::vector<std::string> path_violations(const std::string& json_text, std::string_view paths);

}  // namespace attnx::test
