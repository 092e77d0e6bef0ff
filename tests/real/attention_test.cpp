// The attention of two real models against llama.cpp's own for the same file and tokens. tests/golden/real_attention
// was measured with the library that llama-cpp-python 0.3.36 carries (AVX-512, weights repacked): `kq_soft_max` by the
// evaluation callback, flash attention off, K and V cached as f16. That adds in another order than the build for AVX2
// whose arithmetic attnx has, so they agree closely; ../shared/golden-b12032/real was measured with the latter.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "attnx/forward/session.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "support/base64.h"
#include "support/golden.h"
#include "support/real_model.h"

namespace attnx {
namespace {

using Tokens = std::vector<std::uint32_t>;

// Row after row without masked keys, in units of 1/65535.
class MeasuredMaps {
public:
    explicit MeasuredMaps(const nlohmann::json& golden)
        : tokens_(golden["tokens"].size()),
          heads_(golden["heads"].get<std::size_t>()),
          bytes_(test::from_base64(golden["weights"].get<std::string>())) {}

    std::size_t count() const { return bytes_.size() / 2; }
    std::vector<double> row(std::size_t layer, std::size_t head, std::size_t query) const {
        const std::size_t first = (layer * heads_ + head) * tokens_ * (tokens_ + 1) / 2 + query * (query + 1) / 2;
        std::vector<double> weights;
        for (std::size_t i = first; i <= first + query; ++i)
            weights.push_back(
                (std::to_integer<int>(bytes_.at(2 * i)) + 256 * std::to_integer<int>(bytes_.at(2 * i + 1))) / 65535.0);
        return weights;
    }

private:
    std::size_t tokens_, heads_;
    std::vector<std::byte> bytes_;
};

class Comparison final : public trace::Sink {
public:
    explicit Comparison(const MeasuredMaps& measured) : measured_(measured) {}

    bool wants_attention(std::uint32_t) override { return true; }
    void attention(const trace::AttentionRows& rows) override {
        for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query) {
            const auto ours = rows.row(query).first(query + 1);
            const auto theirs = measured_.row(rows.layer, rows.head, query);
            double sum = 0;
            for (std::size_t key = 0; key < ours.size(); ++key) {
                difference += std::abs(static_cast<double>(ours[key]) - theirs[key]);
                sum += static_cast<double>(ours[key]);
            }
            weights += ours.size();
            ++row_count;
            same_strongest += std::max_element(ours.begin(), ours.end()) - ours.begin() ==
                              std::max_element(theirs.begin(), theirs.end()) - theirs.begin();
            worst_sum = std::max(worst_sum, std::abs(sum - 1));
        }
    }

    double difference = 0, worst_sum = 0;
    std::size_t weights = 0, row_count = 0, same_strongest = 0;

private:
    const MeasuredMaps& measured_;
};

void expect_as_measured(const char* model, const char* golden_name) {
    const auto path = test::model_path(model);
    NEEDS_MODEL(path);
    const auto golden = nlohmann::json::parse(std::ifstream(test::golden_dir() / "real_attention" / golden_name));
    const MeasuredMaps measured(golden);
    const gguf::File file = gguf::File::open(path);
    forward::Session session(file, model::build_spec(file));
    Comparison comparison(measured);
    const auto logits =
        session.feed(golden["tokens"].get<Tokens>(), comparison, {.last_layer = std::nullopt, .logits = true});

    ASSERT_EQ(comparison.weights, measured.count()) << "every weight was compared";
    const double mean = comparison.difference / static_cast<double>(comparison.weights);
    const double strongest = static_cast<double>(comparison.same_strongest) / static_cast<double>(comparison.row_count);
    std::cout << model << ": mean difference " << mean << ", the strongest key agrees in " << strongest * 100
              << " % of rows\n";
    EXPECT_LE(mean, 0.002);
    EXPECT_GE(strongest, 0.98);
    EXPECT_LE(comparison.worst_sum, 1e-4);
    EXPECT_EQ(std::max_element(logits.begin(), logits.end()) - logits.begin(),
              golden["next_token"].get<std::ptrdiff_t>());
}

std::vector<float> floats_of(const std::filesystem::path& path) {
    std::vector<float> floats(std::filesystem::file_size(path) / sizeof(float));
    std::ifstream(path, std::ios::binary)
        .read(reinterpret_cast<char*>(floats.data()), static_cast<std::streamsize>(floats.size() * sizeof(float)));
    return floats;
}

// Every weight below the diagonal and on it, head after head.
class Triangles final : public trace::Sink {
public:
    bool wants_attention(std::uint32_t) override { return true; }
    void attention(const trace::AttentionRows& rows) override {
        for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query) {
            const auto row = rows.row(query).first(query + 1);
            weights.insert(weights.end(), row.begin(), row.end());
        }
    }
    std::vector<float> weights;
};

// Of a build for AVX2 with fused multiply-add, no llamafile kernels, weights not repacked.
void expect_to_the_last_bit(const char* model, Simd simd) {
    const auto path = test::model_path(model);
    NEEDS_MODEL(path);
    const auto folder = test::shared_dir() / "golden-b12032" / "real";
    if (!test::has_shared()) GTEST_SKIP() << "NOT CHECKED: the maps of real models are not at " << folder;
    if (simd > best_simd()) GTEST_SKIP() << "NOT CHECKED: this processor does not have " << to_string(simd);
    const auto golden = nlohmann::json::parse(std::ifstream(folder / (std::string(model) + ".json")));
    const std::vector<float> measured = floats_of(folder / (std::string(model) + ".f32"));
    const gguf::File file = gguf::File::open(path);
    forward::Session session(file, model::build_spec(file), {.threads = 0, .context = 0, .causal = {}, .simd = simd});
    Triangles ours;
    session.feed(golden["tokens"].get<Tokens>(), ours);
    ASSERT_EQ(ours.weights.size(), measured.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < measured.size(); ++i) different += ours.weights[i] != measured[i];
    EXPECT_EQ(different, 0U) << "of " << measured.size() << " weights on " << to_string(simd);
}

TEST(RealAttention, is_llama_cpp_s_to_the_last_bit_with_avx2) {
    expect_to_the_last_bit(test::kSmolLm2, Simd::avx2);
    expect_to_the_last_bit(test::kGemma3, Simd::avx2);
}
TEST(RealAttention, is_llama_cpp_s_to_the_last_bit_with_avx512) {
    expect_to_the_last_bit(test::kSmolLm2, Simd::avx512);
    expect_to_the_last_bit(test::kGemma3, Simd::avx512);
}

TEST(RealAttention, of_smollm2_is_what_llama_cpp_computes) { expect_as_measured(test::kSmolLm2, "smollm2.json"); }
TEST(RealAttention, of_gemma3_is_what_llama_cpp_computes) { expect_as_measured(test::kGemma3, "gemma3.json"); }

}  // namespace
}  // namespace attnx
