// The attention of two real models against llama.cpp's own for the same file and tokens (real/NAME of
// tests/golden/README.md), in its arithmetic (docs/forward.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "attnx/forward/session.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/read_json.h"
#include "support/real_model.h"

namespace attnx {
namespace {

using Tokens = std::vector<std::uint32_t>;

// Row after row without masked keys.
class MeasuredMaps {
public:
    MeasuredMaps(const std::filesystem::path& path, std::size_t tokens, std::size_t heads)
        : tokens_(tokens), heads_(heads), weights_(std::filesystem::file_size(path) / sizeof(float)) {
        std::ifstream(path, std::ios::binary)
            .read(reinterpret_cast<char*>(weights_.data()),
                  static_cast<std::streamsize>(weights_.size() * sizeof(float)));
    }

    std::size_t count() const { return weights_.size(); }
    std::span<const float> row(std::size_t layer, std::size_t head, std::size_t query) const {
        const std::size_t first = (layer * heads_ + head) * tokens_ * (tokens_ + 1) / 2 + query * (query + 1) / 2;
        return std::span(weights_).subspan(first, query + 1);
    }

private:
    std::size_t tokens_, heads_;
    std::vector<float> weights_;  // stored as little-endian float32
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
                difference += std::abs(static_cast<double>(ours[key]) - static_cast<double>(theirs[key]));
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

void expect_as_measured(const char* model) {
    const auto path = test::model_path(model);
    NEEDS_MODEL(path);
    const auto golden = test::read_json(test::golden_dir() / "real" / (std::string(model) + ".json"));
    const auto tokens = golden.at("tokens").get<Tokens>();
    const MeasuredMaps measured(test::golden_dir() / "real" / (std::string(model) + ".f32"), tokens.size(),
                                golden.at("heads"));
    const gguf::File file = gguf::File::open(path);
    forward::Session session(file, model::build_spec(file));
    Comparison comparison(measured);
    session.feed(tokens, comparison, {});

    ASSERT_EQ(comparison.weights, measured.count()) << "every weight was compared";
    const double mean = comparison.difference / static_cast<double>(comparison.weights);
    const double strongest = static_cast<double>(comparison.same_strongest) / static_cast<double>(comparison.row_count);
    std::cout << model << ": mean difference " << mean << ", the strongest key agrees in " << strongest * 100
              << " % of rows\n";
    EXPECT_LE(mean, 2e-6);
    EXPECT_GE(strongest, 0.999);
    EXPECT_LE(comparison.worst_sum, 1e-4);
}

TEST(RealAttention, of_smollm2_is_what_llama_cpp_computes) { expect_as_measured(test::kSmolLm2); }
TEST(RealAttention, of_gemma3_is_what_llama_cpp_computes) { expect_as_measured(test::kGemma3); }

// What the library of llama-cpp-python 0.3.36 holds most likely after "Once upon a time there was a little fox who
// lived at the edge of a deep forest. Every morning she ran to the river, drank the cold water, and listened to the
// birds."
void expect_next(const char* model, const Tokens& tokens, std::ptrdiff_t next) {
    const auto path = test::model_path(model);
    NEEDS_MODEL(path);
    const gguf::File file = gguf::File::open(path);
    forward::Session session(file, model::build_spec(file));
    trace::Sink nothing;
    const auto logits = session.feed(tokens, nothing, {.last_layer = std::nullopt, .logits = true});
    EXPECT_EQ(std::max_element(logits.begin(), logits.end()) - logits.begin(), next);
}

TEST(NextToken, of_smollm2_is_llama_cpps) {
    expect_next(test::kSmolLm2, {6403, 1980,  253, 655,  665,  436, 253,  1838,  16438, 617,  4161, 418, 260,
                                 5595, 282,   253, 2276, 3150, 30,  5081, 5738,  1041,  7674, 288,  260, 4626,
                                 28,   28970, 260, 4011, 913,  28,  284,  17443, 288,   260,  4255, 30},
                1249);
}

TEST(NextToken, of_gemma3_is_llama_cpps) {
    expect_next(test::kGemma3, {2,    14946,  3324,  496, 990,  993,  691,    496,  2268,  37423, 1015,  11742, 657,
                                506,  7377,   529,   496, 5268, 6426, 236761, 7685, 5597,  1304,  11536, 531,   506,
                                8858, 236764, 67226, 506, 7445, 1813, 236764, 532,  37570, 531,   506,   13923, 236761},
                2625);
}

}  // namespace
}  // namespace attnx
