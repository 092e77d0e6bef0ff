// Real vocabularies against what llama.cpp makes of them.
#include <gtest/gtest.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "attnx/gguf/file.h"
#include "attnx/text/tokenizer.h"
#include "support/golden.h"
#include "support/read_json.h"

namespace attnx::text {
namespace {

std::string from_hex(const std::string& hex) {
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return out;
}

struct Count {
    std::size_t cases = 0, agree = 0;
};

Count compare(const nlohmann::json& golden) {
    const std::string name = golden.at("vocab");
    const auto file = gguf::File::open(test::golden_dir() / "tokenizer" / (name + ".gguf"));
    const auto tokenizer = Tokenizer::from(file.metadata());
    EXPECT_EQ(tokenizer.vocab().size(), golden.at("n_tokens").get<std::uint32_t>()) << name;
    Count count;
    for (const auto& one : golden.at("cases")) {
        const std::string text = from_hex(one.at("text_hex"));
        const auto ids = one.at("ids").get<std::vector<TokenId>>();
        const bool agrees = tokenizer.encode(text, false, false) == ids &&
                            tokenizer.encode(text, true, true) == one.at("ids_special").get<std::vector<TokenId>>() &&
                            tokenizer.decode(ids, {.control_tokens = false}) == from_hex(one.at("detokenized_hex"));
        EXPECT_TRUE(agrees) << name << ": " << one.at("text_hex");
        ++count.cases;
        count.agree += agrees;
    }
    return count;
}

TEST(GoldenVocabularies, agree_with_llama_cpp_in_ids_special_ids_and_decoded_text) {
    Count all;
    std::size_t vocabularies = 0;
    for (const auto& path : test::golden_files("tokenizer")) {
        const Count count = compare(test::read_json(path));
        all.cases += count.cases;
        all.agree += count.agree;
        ++vocabularies;
    }
    std::cout << all.agree << " of " << all.cases << " cases of " << vocabularies << " vocabularies agree\n";
    EXPECT_EQ(vocabularies, 15u);
    EXPECT_EQ(all.agree, all.cases);
    EXPECT_GE(all.cases, 1012u);
}

}  // namespace
}  // namespace attnx::text
