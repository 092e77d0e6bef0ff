// What llama.cpp computed for a golden model (tests/golden/README.md, `expected.attention`), and how far we are
// from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/tensor/dequant.h"

namespace attnx::test {

struct GoldenAttention {
    std::vector<std::uint32_t> tokens;
    std::map<std::uint32_t, std::vector<std::vector<std::vector<float>>>> weights;  // layer -> [head][query][key]
    std::map<std::uint32_t, std::vector<float>> block_output_norm;                  // layer -> [token]
    std::vector<float> last_logits;
};

// Nothing was measured: empty tokens.
GoldenAttention golden_attention(const std::filesystem::path& json);

// Those of a kind that carry attention, sorted.
std::vector<std::filesystem::path> golden_attention_files(std::string_view kind);

struct Difference {
    double weights = 0.0;            // largest absolute difference of an attention weight
    double block_output_norm = 0.0;  // largest relative one
    double last_logits = 0.0;        // largest one, of logits beyond 1 relative to them
    bool refused = false;            // attnx does not execute the model
    std::string where;               // the first weight that is off, or what was refused; empty: all agree
    std::string hint;                // the first block whose output has another length

    bool agrees() const { return where.empty(); }
};

inline constexpr double kWeightTolerance = 1e-4;
inline constexpr double kLogitTolerance = 1e-5;  // the files have six digits
inline constexpr double kNormTolerance = 1e-4;

// Runs the model and compares every weight. Never throws: a refusal is a difference.
Difference compare_with_golden(const std::filesystem::path& json, Simd simd = best_simd());

}  // namespace attnx::test
