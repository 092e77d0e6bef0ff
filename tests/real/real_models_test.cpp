// Known answers of two real models, read through the library. Wants ATTNX_REAL_MODELS, a folder with both
// (.ci/fetch-models).
#include <gtest/gtest.h>

#include "attnx/analysis/kv_cost.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "support/real_model.h"
#include "support/run_cli.h"

namespace attnx {
namespace {

using test::kGemma3;
using test::kSmolLm2;
using test::model_path;

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
    EXPECT_EQ(analysis::kv_bytes_per_token_short(spec), 23'040u);
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
