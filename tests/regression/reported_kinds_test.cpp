// Files that hold no language model: whole, named as what they are, and no error.
#include <gtest/gtest.h>

#include "support/ask_about.h"
#include "support/reported_files.h"

namespace attnx::test {
namespace {

using nlohmann::json;

struct ReportedKind {
    const char* name;
    HollowFile (*make)();
    std::uint64_t bytes;
    const char* kind;
    const char* phrase;
    const char* because;
    std::size_t tensors;
};

constexpr ReportedKind kReportedKinds[] = {
    {"flux", flux, 1109858080, "diffusion", "a diffusion model", "general.architecture is flux", 77},
    {"pig-wan", pig_wan, 2360781600, "diffusion", "a diffusion model", "general.architecture is pig", 161},
    {"imatrix", importance_matrix, 4960, "imatrix", "an importance matrix", "general.type is imatrix", 8},
    {"mmproj", vision_projector, 639113888, "projector", "a projector (mmproj)", "general.type is mmproj", 98},
};

void expect_whole(const FileOnDisk& file, const std::string& kind, std::size_t tensors) {
    EXPECT_FALSE(file.ask({"metadata"}).at("result").at("metadata").empty());
    EXPECT_EQ(file.ask({"tensors"}).at("result").at("tensors").size(), tensors);
    const json check = file.ask({"check"});
    const json& row = check.at("result").at("files").at(0);
    EXPECT_EQ(row.at("verdict"), "whole") << check;
    EXPECT_EQ(row.at("kind"), kind);
    EXPECT_TRUE(row.at("loads").is_null());
    EXPECT_TRUE(row.at("refusal").is_null());
    EXPECT_EQ(check.at("findings").size(), 0u) << check;
}

TEST(ReportedKinds, are_whole_and_say_what_they_are) {
    for (const ReportedKind& reported : kReportedKinds) {
        SCOPED_TRACE(reported.name);
        const FileOnDisk file(reported.make());
        EXPECT_EQ(file.size(), reported.bytes);
        expect_whole(file, reported.kind, reported.tensors);
        const json inspected = file.ask({"inspect"}).at("result");
        EXPECT_EQ(inspected.at("kind"), reported.kind);
        EXPECT_EQ(inspected.at("kind_reason"), reported.because);
        EXPECT_EQ(inspected.at("file").at("tensor_count"), reported.tensors);
        const Result line = file.answer({"inspect"});
        EXPECT_EQ(line.status, 0);
        EXPECT_EQ(std::ranges::count(line.out, '\n'), 1) << line.out;
        EXPECT_NE(line.out.find(reported.phrase), std::string::npos) << line.out;
    }
}

TEST(ReportedKinds, are_refused_by_name_where_a_model_is_asked_for) {
    for (const ReportedKind& reported : kReportedKinds) {
        SCOPED_TRACE(reported.name);
        const FileOnDisk file(reported.make());
        for (const std::vector<std::string>& question : {std::vector<std::string>{"kv-cost", "-c", "8192"},
                                                         {"compute-cost", "-c", "8192"},
                                                         {"weights"},
                                                         {"attend", "-p", "hi"},
                                                         {"tokenize", "-p", "hi"}}) {
            const json answer = file.ask(question, 2);
            EXPECT_EQ(answer.at("error").at("code"), "not-a-model") << question.front();
            EXPECT_NE(answer.at("error").at("message").get<std::string>().find(reported.phrase), std::string::npos);
        }
        const Result inspected = file.answer({"inspect"}, {"--json"});
        const Result piped = run({.arguments = {"kv-cost", "-c", "8192"}, .input = inspected.out});
        EXPECT_EQ(piped.status, 2);
        EXPECT_NE(piped.err.find(reported.kind), std::string::npos) << piped.err;
    }
}

TEST(ReportedKinds, a_vocabulary_alone_is_whole_and_tokenizes) {
    HollowFile vocabulary;
    vocabulary.key("general.architecture", "llama").vocabulary(300);
    const FileOnDisk file(vocabulary);
    const json check = file.ask({"check"});
    EXPECT_EQ(check.at("result").at("files").at(0).at("kind"), "vocabulary");
    EXPECT_EQ(file.ask({"inspect"}).at("result").at("kind"), "vocabulary");
    EXPECT_FALSE(file.ask({"tokenize", "-p", "hi"}).at("result").at("tokens").empty());
    EXPECT_EQ(file.ask({"kv-cost", "-c", "8192"}, 2).at("error").at("code"), "not-a-model");
}

TEST(ReportedKinds, a_vocabulary_with_the_keys_of_its_model_answers_for_it) {
    HollowFile vocabulary = gemma3_270m();
    const FileOnDisk file(vocabulary.vocabulary(300));
    EXPECT_EQ(file.ask({"inspect"}).at("result").at("kind"), "vocabulary");
    EXPECT_EQ(file.ask({"kv-cost", "-c", "1024"}).at("result").at("total_bytes"), 18u << 20);
}

TEST(ReportedKinds, a_file_without_keys_is_whole_and_of_no_known_kind) {
    HollowFile nothing;
    const FileOnDisk file(nothing.tensor("x", "f32", {4}));
    EXPECT_EQ(file.ask({"check"}).at("result").at("files").at(0).at("kind"), "other");
    EXPECT_EQ(file.ask({"inspect"}).at("result").at("kind_reason"), "key general.architecture is missing");
    EXPECT_EQ(file.ask({"tensors"}).at("result").at("tensors").size(), 1u);
}

TEST(ReportedKinds, a_name_of_64_bytes_is_read_and_llama_cpp_said_to_refuse_it) {
    HollowFile model = small_llama();
    const std::string name(64, 'n');
    const FileOnDisk file(model.tensor(name, "f32", {4}));
    EXPECT_FALSE(file.ask({"metadata"}).at("result").at("metadata").empty());
    EXPECT_EQ(file.ask({"tensors", "--filter", name}).at("result").at("tensors").size(), 1u);
    const json check = file.ask({"check"}, 1);
    EXPECT_NE(findings_about(check, "tensor-name-too-long").find("64 bytes"), std::string::npos);
    EXPECT_EQ(check.at("result").at("files").at(0).at("refusal").at("name"), name);
}

}  // namespace
}  // namespace attnx::test
