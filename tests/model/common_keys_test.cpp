// Keys that llama.cpp (b12032, llama-model.cpp, load_hparams) reads for every architecture: what it refuses, and the
// key that its refusal is about.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "attnx/model/build.h"
#include "support/gguf_builder.h"
#include "tiny.h"

namespace attnx::model {
namespace {

using test::Tiny;

using test::GgufBuilder;
using test::GgufValue;

struct Extra {
    std::string suffix;
    GgufValue value;
};

struct Row {
    const char* rule;
    std::vector<Extra> keys;
    const char* refused = "";  // suffix of the key; empty: it loads
    const char* architecture = "llama";
};

ModelSpec spec_with(const Row& row) {
    GgufBuilder builder = Tiny{row.architecture}.builder();
    for (const Extra& extra : row.keys) builder.key(std::string(row.architecture) + "." + extra.suffix, extra.value);
    const std::vector<std::byte> bytes = builder.bytes();
    return build_spec(gguf::File::from_bytes(bytes, "m.gguf"));
}

const std::vector<Row>& rows() {
    static const std::vector<Row> kRows = {
        {"nothing more", {}},
        {"a pooling type", {{"pooling_type", 1u}, {"classifier.pooling_type", 1u}}},
        {"pooling of another type", {{"pooling_type", 1}}, "pooling_type"},
        {"a classifier's pooling of another type", {{"classifier.pooling_type", 1}}, "classifier.pooling_type"},
        {"a classifier's activation", {{"classifier.activation", "tanh"}}},
        {"an activation that classifiers do not have", {{"classifier.activation", "relu"}}, "classifier.activation"},
        {"an activation of another type", {{"classifier.activation", 1u}}, "classifier.activation"},
        {"labels",
         {{"classifier.output_labels", std::vector<std::string>{"a"}},
          {"decision.labels", std::vector<std::string>{"b"}}}},
        {"labels that are no list are not read", {{"classifier.output_labels", "a"}}},
        {"labels that are numbers",
         {{"classifier.output_labels", std::vector<std::int32_t>{1}}},
         "classifier.output_labels"},
        {"decisions that are numbers", {{"decision.labels", std::vector<float>{1}}}, "decision.labels"},
        {"prediction layers of another type", {{"nextn_predict_layers", 1}}, "nextn_predict_layers"},
        {"more prediction layers than layers", {{"nextn_predict_layers", 3u}}, "nextn_predict_layers"},
        {"experts", {{"expert_count", 4u}, {"expert_used_count", 2u}}},
        {"as many experts as there can be", {{"expert_count", 1024u}, {"expert_used_count", 2u}}},
        {"one more", {{"expert_count", 1025u}, {"expert_used_count", 2u}}, "expert_count"},
        {"experts by layer", {{"expert_count", 4u}, {"expert_used_count", std::vector<std::uint32_t>{0, 2}}}},
        {"experts by layer, for fewer layers",
         {{"expert_count", 4u}, {"expert_used_count", std::vector<std::uint32_t>{2}}},
         "expert_used_count"},
        {"no expert used", {{"expert_count", 4u}, {"expert_used_count", 0u}}, "expert_used_count"},
        {"more experts used than there are", {{"expert_count", 4u}, {"expert_used_count", 5u}}, "expert_used_count"},
        {"experts used where there are none", {{"expert_used_count", 2u}}, "expert_used_count"},
        {"one expert, which Hunyuan takes for none",
         {{"expert_count", 1u}, {"expert_used_count", 0u}},
         "",
         "hunyuan-dense"},
        {"groups of experts",
         {{"expert_count", 4u},
          {"expert_used_count", 2u},
          {"expert_group_count", 2u},
          {"expert_group_used_count", 1u}}},
        {"all groups used",
         {{"expert_count", 4u}, {"expert_used_count", 2u}, {"expert_group_count", 2u}, {"expert_group_used_count", 2u}},
         "expert_group_count"},
        {"as many groups as experts",
         {{"expert_count", 4u}, {"expert_used_count", 2u}, {"expert_group_count", 4u}},
         "expert_group_count"},
        {"rope scaled", {{"rope.scaling.type", "yarn"}, {"rope.scaling.factor", 2.0F}}},
        {"rope scaled in an unknown way", {{"rope.scaling.type", "dynamic"}}, "rope.scaling.type"},
        {"rope scaled by a whole number", {{"rope.scaling.factor", 2u}}, "rope.scaling.factor"},
        {"the old name of the factor is not read beside the new",
         {{"rope.scaling.factor", 2.0F}, {"rope.scale_linear", 2u}}},
        {"the old name of the factor, of another type", {{"rope.scale_linear", 2u}}, "rope.scale_linear"},
        {"the usual order of sections", {{"rope.section_order", "tyxz"}}},
        {"an unknown order of sections", {{"rope.section_order", "xyzt"}}, "rope.section_order"},
        {"an order of sections without sections", {{"rope.section_order", "zyxt"}}, "rope.section_order"},
        {"an order of sections",
         {{"rope.section_order", "zyxt"}, {"rope.dimension_sections", std::vector<std::uint32_t>{4, 4, 4, 4}}},
         "",
         "qwen2vl"},
        {"part of a head rotated", {{"rope.dimension_count", 8u}}, "rope.dimension_count"},
        {"part of a head rotated where that is done", {{"rope.dimension_count", 8u}}, "", "qwen2"},
        {"a window's head of another type", {{"attention.key_length_swa", 8}}, "attention.key_length_swa"},
        {"causality of another type", {{"attention.causal", 1u}}, "attention.causal"},
    };
    return kRows;
}

TEST(CommonKeys, are_refused_as_llama_cpp_refuses_them) {
    for (const Row& row : rows()) {
        SCOPED_TRACE(row.rule);
        const ModelSpec spec = spec_with(row);
        const std::string wanted = *row.refused == '\0' ? "" : std::string(row.architecture) + "." + row.refused;
        EXPECT_EQ(spec.key_refusals.empty() ? "" : spec.key_refusals.front().name, wanted)
            << (spec.key_refusals.empty() ? "" : spec.key_refusals.front().message);
    }
}

}  // namespace
}  // namespace attnx::model
