// The specification decides and the plan takes it from there: of every architecture that is executed, and every golden
// variant.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <set>

#include "attnx/model/arch.h"
#include "attnx/model/build.h"
#include "attnx/model/graph.h"
#include "attnx/model/visible.h"
#include "support/golden.h"
#include "support/model_case.h"

namespace attnx::model {
namespace {

std::vector<std::filesystem::path> models() {
    auto paths = test::golden_files("architectures");
    for (auto& path : test::golden_files("variants")) paths.push_back(std::move(path));
    return paths;
}

// What the tensors of a block are for, by their names.
LayerKind kind_by_tensors(const gguf::File& file, std::uint32_t layer) {
    const auto has = [&](std::string_view name) {
        return file.find_tensor(fmt::format("blk.{}.{}.weight", layer, name)) != nullptr;
    };
    if (has("ssm_f_a")) return LayerKind::kda;
    if (has("attn_norm_2") && has("attn_gate")) return LayerKind::lightning;
    if (has("ssm_alpha") || has("ssm_ba")) return LayerKind::delta;
    if (has("shortconv.conv")) return LayerKind::short_conv;
    if (has("attn_kv_a_mqa") || has("attn_k_b")) return LayerKind::mla;  // the latter alone: rows are another layer's
    const bool attention =
        has("attn_qkv") || has("attn_q") || file.find_tensor(fmt::format("enc.blk.{}.attn_q.weight", layer)) != nullptr;
    if (has("ssm_in") && attention) return LayerKind::attention_and_mamba2;
    const gguf::TensorInfo* decay = file.find_tensor(fmt::format("blk.{}.ssm_a", layer));
    // Mamba has a decay for each channel and state, Mamba-2 (and PLaMo-2's kind of it) one for each head.
    if (decay != nullptr && has("ssm_in"))
        return decay->ne[0] > 1 && decay->ne[1] > 1 ? LayerKind::mamba : LayerKind::mamba2;
    if (attention) return LayerKind::attention;
    return has("attn_output") ? LayerKind::linear : LayerKind::feed_forward;
}

void expect_agreement(const gguf::File& file, const ModelSpec& spec) {
    const Graph graph = build_graph(file, spec);
    EXPECT_EQ(graph.logit_softcap, spec.final_softcap);
    ASSERT_EQ(graph.layers.size(), spec.layer_count);
    for (std::uint32_t i = 0; i < spec.layer_count; ++i) {
        SCOPED_TRACE(fmt::format("layer {}", i));
        const LayerSpec& layer = spec.layers[i];
        const LayerPlan& plan = graph.layers[i];
        EXPECT_EQ(plan.kind, layer.kind);
        EXPECT_EQ(kind_by_tensors(file, plan.weights_of), layer.kind) << "the tensors say otherwise";
        const AttentionPlan& a = plan.attention;
        EXPECT_EQ(a.causal,
                  plan.kind == LayerKind::short_conv && spec.window_looks_back ? true : mask_of(spec, layer).causal);
        if (!attends(layer)) continue;
        EXPECT_EQ(a.heads, layer.head_count);
        EXPECT_EQ(a.kv_heads, layer.head_count_kv);
        EXPECT_EQ(a.dim_k, layer.head_dim_k);
        EXPECT_EQ(a.dim_v, layer.head_dim_v);
        EXPECT_EQ(a.window.type, mask_of(spec, layer).window.type);
        EXPECT_EQ(a.window.size, mask_of(spec, layer).window.size);
        EXPECT_EQ(a.softcap, spec.attention_softcap);
        EXPECT_EQ(a.score_scale, layer.score_scale);
        EXPECT_GT(a.score_scale, 0.0F);
        EXPECT_EQ(a.rope, layer.rotation);
        EXPECT_TRUE(!a.rope || a.rope->base == (layer.sliding ? spec.rope.freq_base_sliding : spec.rope.freq_base));
        EXPECT_EQ(a.kv_of_layer, layer.kv_shared_with);
    }
}

TEST(RowAndPlan, agree_for_every_model) {
    std::set<std::string_view> executed;
    for (const std::string_view name : executable_architectures()) executed.insert(name);
    for (const auto& path : models()) {
        SCOPED_TRACE(path.string());
        const test::CaseFile file(path);
        const ModelSpec spec = build_spec(file.file());
        if (executed.contains(spec.architecture)) expect_agreement(file.file(), spec);
    }
}

}  // namespace
}  // namespace attnx::model
