// What the layers of every known mechanism are called, on the committed case of an architecture that has it.
#include "attnx/model/mechanism.h"

#include <gtest/gtest.h>

#include <set>

#include "attnx/analysis/kv_cost.h"
#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/model_case.h"

namespace attnx::model {
namespace {

std::set<std::string> names_of(const char* architecture) {
    const test::CaseFile file(test::golden_path(architecture));
    const ModelSpec spec = build_spec(file.file());
    std::set<std::string> names;
    for (const LayerSpec& layer : spec.layers) names.insert(mechanism(spec, layer));
    return names;
}

using Names = std::set<std::string>;

TEST(Mechanism, has_the_name_that_people_know_it_by) {
    EXPECT_EQ(names_of("llama"), Names{"attention"});
    EXPECT_EQ(names_of("gemma3"), (Names{"full attention", "sliding attention"}));
    EXPECT_EQ(names_of("llama4"), (Names{"full attention", "chunked attention"}));
    EXPECT_EQ(names_of("deepseek2"), Names{"latent attention"});
    EXPECT_EQ(names_of("deepseek32"), Names{"latent attention with indexer"});
    EXPECT_EQ(names_of("deepseek4"), (Names{"sliding attention", "compressed attention 4:1 with indexer"}));
    EXPECT_EQ(names_of("mamba"), Names{"Mamba"});
    EXPECT_EQ(names_of("mamba2"), Names{"Mamba-2"});
    EXPECT_EQ(names_of("jamba"), (Names{"attention", "Mamba"}));
    EXPECT_EQ(names_of("granitehybrid"), (Names{"attention", "Mamba-2"}));
    EXPECT_EQ(names_of("falcon-h1"), Names{"attention beside Mamba-2"});
    EXPECT_EQ(names_of("lfm2").count("short convolution"), 1U);
    EXPECT_EQ(names_of("kimi-linear"), (Names{"latent attention", "Kimi delta attention"}));
    EXPECT_EQ(names_of("qwen3next"), (Names{"attention", "gated delta net"}));
    EXPECT_EQ(names_of("rwkv7"), Names{"RWKV"});
    EXPECT_EQ(names_of("minimax-01"), (Names{"attention", "lightning attention"}));
    EXPECT_EQ(names_of("dots3note"), (Names{"sliding latent attention", "full latent attention with indexer"}));
    EXPECT_EQ(names_of("bert"), Names{"attention"});
    EXPECT_EQ(names_of("wavtokenizer-dec"), Names{"convolution"});
}

TEST(Mechanism, has_a_name_in_every_architecture) {
    for (const auto& path : test::golden_files("architectures")) {
        const test::CaseFile file(path);
        const ModelSpec spec = build_spec(file.file());
        for (const LayerSpec& layer : spec.layers) EXPECT_FALSE(mechanism(spec, layer).empty()) << path;
    }
}

// Whoever owns rows that grow is who the memory plan allocates them for.
TEST(OwnersOfKv, are_those_whose_rows_cost_bytes) {
    for (const auto& path : test::golden_files("architectures")) {
        SCOPED_TRACE(path.string());
        const test::CaseFile file(path);
        const ModelSpec spec = build_spec(file.file());
        const std::vector<bool> owners = owners_of_kv(spec);
        ASSERT_EQ(owners.size(), spec.layers.size());
        if (!spec.memory.refusals.empty() || spec.memory.caches.empty()) continue;
        const analysis::KvCost cost = analysis::kv_cost(spec, {});
        for (std::size_t i = 0; i < owners.size(); ++i)
            EXPECT_EQ(owners[i], cost.layers[i].key_bytes + cost.layers[i].value_bytes > 0) << i;
    }
}

}  // namespace
}  // namespace attnx::model
