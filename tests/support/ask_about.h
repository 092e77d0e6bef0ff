// A question about one file, as a user asks it with --json.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/hollow_file.h"
#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"

namespace attnx::test {

// A file in a folder of its own.
class FileOnDisk {
public:
    explicit FileOnDisk(const HollowFile& file, std::string name = "m.gguf")
        : path_((folder_ / name).string()), size_(file.write(path_)) {}

    const std::string& path() const { return path_; }
    std::uint64_t size() const { return size_; }
    void cut(std::uint64_t bytes) const { std::filesystem::resize_file(path_, bytes); }

    // `question`: the command, then its options. The answer keeps the JSON contract.
    nlohmann::json ask(std::vector<std::string> question, int status = 0) const {
        const Result result = answer(std::move(question), {"--json"});
        EXPECT_EQ(result.status, status) << result.err;
        EXPECT_EQ(contract_violations(result.out), std::vector<std::string>()) << result.out;
        return nlohmann::json::parse(result.out);
    }
    // As people see it.
    Result answer(std::vector<std::string> question, const std::vector<std::string>& options = {}) const {
        question.insert(question.begin() + 1, path_);
        question.insert(question.end(), options.begin(), options.end());
        return run_cli(std::move(question));
    }

private:
    TempDir folder_;
    std::string path_;
    std::uint64_t size_;
};

// Messages of all findings with this id, a line each.
inline std::string findings_about(const nlohmann::json& answer, const std::string& id) {
    std::string messages;
    for (const auto& finding : answer.at("findings"))
        if (finding.at("id") == id) messages += finding.at("message").get<std::string>() + "\n";
    return messages;
}

}  // namespace attnx::test
