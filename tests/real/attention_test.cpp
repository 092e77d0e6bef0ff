// The attention of two real models against llama.cpp's own for the same file and tokens. tests/golden/real_attention
// was measured with the library that llama-cpp-python 0.3.36 carries: `kq_soft_max` by the evaluation callback, flash
// attention off, K and V cached as f16. llama.cpp rounds activations to 8 bits in products with quantised weights,
// attnx does not, so they agree closely, not exactly.
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

TEST(RealAttention, of_smollm2_is_what_llama_cpp_computes) { expect_as_measured(test::kSmolLm2, "smollm2.json"); }
TEST(RealAttention, of_gemma3_is_what_llama_cpp_computes) { expect_as_measured(test::kGemma3, "gemma3.json"); }

}  // namespace
}  // namespace attnx
