// The fixtures themselves: golden models as the reader sees them.
#include "support/golden_model.h"
#include "support/model_case.h"

#include <gtest/gtest.h>

#include <cstring>

#include "attnx/gguf/file.h"
#include "support/golden.h"

namespace attnx {
namespace {

std::vector<float> first_values(const gguf::File& file, std::string_view name, std::size_t count) {
    const gguf::TensorInfo* info = file.find_tensor(name);
    std::vector<float> values(count);
    std::memcpy(values.data(), file.data(*info).data(), count * sizeof(float));
    return values;
}

TEST(GoldenModel, has_the_weights_that_the_golden_readme_states) {
    const auto bytes = test::golden_model_bytes(test::golden_path("llama"), test::Weights::real);
    const gguf::File file = gguf::File::from_bytes(bytes, "llama.json");
    const auto embedding = first_values(file, "token_embd.weight", 4);
    EXPECT_NEAR(embedding[0], 0.1998254f, 6e-8f);
    EXPECT_NEAR(embedding[1], 0.5835747f, 6e-8f);
    EXPECT_NEAR(embedding[2], -0.4268638f, 6e-8f);
    EXPECT_NEAR(embedding[3], 0.0830977f, 6e-8f);
    const auto norm = first_values(file, "output_norm.weight", 2);
    EXPECT_NEAR(norm[0], 1.0619768f, 1e-7f);
    EXPECT_NEAR(norm[1], 1.2412431f, 1e-7f);
    EXPECT_TRUE(file.findings().empty());
}

TEST(GoldenModel, every_golden_model_opens_without_findings) {
    int models = 0;
    for (const char* kind : {"architectures", "variants"}) {
        for (const auto& path : test::golden_files(kind)) {
            if (!test::read_case(path).source.empty()) continue;  // not measured
            const auto bytes = test::golden_model_bytes(path, test::Weights::zero);
            const gguf::File file = gguf::File::from_bytes(bytes, path.filename());
            EXPECT_TRUE(file.findings().empty()) << path << ": " << file.findings().front().message;
            EXPECT_GT(file.tensors().size(), 3u) << path;
            ++models;
        }
    }
    EXPECT_GE(models, 162 + 389);
}

TEST(GoldenModel, rounds_to_half_precision_with_ties_to_even) {
    EXPECT_EQ(test::round_to_half(1.0f), 0x3C00);
    EXPECT_EQ(test::round_to_half(-2.0f), 0xC000);
    EXPECT_EQ(test::round_to_half(65504.0f), 0x7BFF);
    EXPECT_EQ(test::round_to_half(65520.0f), 0x7C00);
    EXPECT_EQ(test::round_to_half(5.9604646e-8f), 0x0001);       // smallest subnormal
    EXPECT_EQ(test::round_to_half(2.9802322e-8f), 0x0000);       // half of it: tie to even
    EXPECT_EQ(test::round_to_half(6.1035156e-5f), 0x0400);       // smallest normal
    EXPECT_EQ(test::round_to_half(1.0f + 1.0f / 2048), 0x3C00);  // tie, even below
    EXPECT_EQ(test::round_to_half(1.0f + 3.0f / 2048), 0x3C02);  // tie, even above
    EXPECT_EQ(test::round_to_half(2.0f - 1.0f / 4096), 0x4000);  // carries into the exponent
}

}  // namespace
}  // namespace attnx
