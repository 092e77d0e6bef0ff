// Known answers of two real models, read through the library. Wants ATTNX_REAL_MODELS, a folder with both (.ci/fetch-models).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "attnx/analysis/kv_cost.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "support/run_cli.h"

namespace attnx {
namespace {

std::filesystem::path model_path(const char* name) {
    const char* folder = std::getenv("ATTNX_REAL_MODELS");
    if (!folder) return {};
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    return std::filesystem::exists(path) ? path : std::filesystem::path();
}

constexpr char kSmolLm2[] = "SmolLM2-135M-Instruct.Q4_1.gguf";
constexpr char kGemma3[] = "gemma-3-270m-q4_k_m.gguf";

#define NEEDS_MODEL(path) \
    if ((path).empty()) GTEST_SKIP() << "SKIPPED: the real model is not here; .ci/fetch-models brings it, ATTNX_REAL_MODELS names the folder"

analysis::KvCost cost_at(const model::ModelSpec& spec, std::uint64_t context) {
    analysis::ContextParams params;
    params.context = context;
    return analysis::kv_cost(spec, params);
}

TEST(SmolLM2, has_the_geometry_and_cost_its_authors_published) {
    const auto path = model_path(kSmolLm2);
    NEEDS_MODEL(path);
    const gguf::File file = gguf::File::open(path);
    const model::ModelSpec spec = model::build_spec(file);
    EXPECT_EQ(spec.layers.size(), 30u);
    for (const model::LayerSpec& layer : spec.layers) {
        EXPECT_EQ(layer.head_count, 9u);
        EXPECT_EQ(layer.head_count_kv, 3u);
        EXPECT_EQ(layer.head_dim_k, 64u);
    }
    EXPECT_EQ(analysis::kv_bytes_per_token(spec), 23'040u);
    EXPECT_EQ(cost_at(spec, 2048).total_bytes, 47'185'920u);
}

TEST(Gemma3, has_fifteen_sliding_layers_and_costs_what_llama_cpp_allocates) {
    const auto path = model_path(kGemma3);
    NEEDS_MODEL(path);
    const gguf::File file = gguf::File::open(path);
    const model::ModelSpec spec = model::build_spec(file);
    EXPECT_EQ(spec.layers.size(), 18u);
    EXPECT_EQ(spec.window.size, 512u);
    int sliding = 0;
    for (const model::LayerSpec& layer : spec.layers) {
        EXPECT_EQ(layer.head_count, 4u);
        EXPECT_EQ(layer.head_count_kv, 1u);
        EXPECT_EQ(layer.head_dim_k, 256u);
        sliding += layer.sliding;
    }
    EXPECT_EQ(sliding, 15);
    EXPECT_EQ(cost_at(spec, 2048).total_bytes, 22'020'096u);
}

// Every reading command answers on both models, and says the same thing to people and to scripts.
TEST(RealModels, pass_through_every_command) {
    for (const char* name : {kSmolLm2, kGemma3}) {
        const auto path = model_path(name);
        NEEDS_MODEL(path);
        for (const char* command : {"inspect", "tensors", "metadata", "check", "kv-cost", "compute-cost"})
            for (const char* format : {"table", "json", "csv", "markdown"}) {
                const auto result = test::run_cli({command, path.string(), "--format", format});
                EXPECT_EQ(result.status, 0) << command << ' ' << format << ": " << result.err;
                EXPECT_FALSE(result.out.empty()) << command << ' ' << format;
                EXPECT_EQ(result.err, "") << command << ' ' << format;
            }
    }
}

}  // namespace
}  // namespace attnx
