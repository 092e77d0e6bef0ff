// What a file is: each way of telling, and that models are not taken for anything else.
#include "attnx/analysis/file_kind.h"

#include <gtest/gtest.h>

#include "attnx/model/arch.h"
#include "support/gguf_builder.h"
#include "support/refusal.h"

namespace attnx::analysis {
namespace {

using test::GgufBuilder;

KindOfFile kind_of(const GgufBuilder& builder) {
    const auto bytes = builder.bytes();
    return analysis::kind_of(gguf::File::from_bytes(bytes, "m.gguf"));
}

struct KindCase {
    const char* what;
    GgufBuilder builder;
    FileKind kind;
    const char* because;
};

GgufBuilder of(const char* architecture) { return GgufBuilder().key("general.architecture", architecture); }
GgufBuilder typed(const char* type) { return of("llama").key("general.type", type); }
GgufBuilder holding(const char* tensor) { return GgufBuilder().tensor(tensor, "f32", {4}); }

TEST(FileKind, is_told_by_type_architecture_keys_and_tensors) {
    const KindCase cases[] = {
        {"imatrix by type", GgufBuilder().key("general.type", "imatrix"), FileKind::imatrix, "general.type is imatrix"},
        {"imatrix by key", GgufBuilder().key("imatrix.chunk_size", 512u), FileKind::imatrix, "imatrix.chunk_size"},
        {"imatrix by tensor", holding("blk.0.attn_q.weight.in_sum2"), FileKind::imatrix, "in_sum2"},
        {"adapter by type", typed("adapter"), FileKind::adapter, "general.type is adapter"},
        {"adapter by key", of("llama").key("adapter.type", "lora"), FileKind::adapter, "adapter.type"},
        {"adapter by tensor", of("llama").tensor("blk.0.attn_q.weight.lora_a", "f32", {4, 2}), FileKind::adapter,
         "lora_a"},
        {"projector by type", typed("mmproj"), FileKind::projector, "general.type is mmproj"},
        {"projector by key", of("clip").key("clip.has_vision_encoder", true), FileKind::projector,
         "clip.has_vision_encoder"},
        {"control vector by key", of("controlvector").key("controlvector.layer_count", 2), FileKind::control_vector,
         "controlvector.layer_count"},
        {"control vector by tensor", holding("direction.1"), FileKind::control_vector, "direction.1"},
        {"vocabulary", of("llama").key("tokenizer.ggml.model", "llama"), FileKind::vocabulary, "tokenizer"},
        {"diffusion by architecture", of("sdxl"), FileKind::diffusion, "general.architecture is sdxl"},
        {"diffusion without keys", holding("model.diffusion_model.input_blocks.0.0.weight"), FileKind::diffusion,
         "model.diffusion_model"},
        {"diffusion by its blocks", of("newcomer").tensor("double_blocks.0.img_attn.qkv.weight", "f32", {4}),
         FileKind::diffusion, "double_blocks.0"},
        {"model by a row", of("llama"), FileKind::model, "general.architecture is llama"},
        {"model by a fork's name", of("gptoss"), FileKind::model, "gptoss"},
        {"model by a count of blocks", of("newcomer").key("newcomer.block_count", 2u), FileKind::model, "newcomer"},
        {"model by blocks", of("newcomer").tensor("blk.0.attn_q.weight", "f32", {4}), FileKind::model, "newcomer"},
        {"model that lost its architecture", holding("blk.0.attn_q.weight"), FileKind::model, "blk.0.attn_q.weight"},
        {"nothing known", of("newcomer"), FileKind::other, "nothing counts blocks"},
        {"nothing at all", GgufBuilder(), FileKind::other, "general.architecture is missing"},
        {"an architecture that is no text", GgufBuilder().key("general.architecture", 3u), FileKind::other, "missing"},
    };
    for (const KindCase& one : cases) {
        const KindOfFile is = kind_of(one.builder);
        EXPECT_EQ(to_string(is.kind), to_string(one.kind)) << one.what;
        EXPECT_NE(is.because.find(one.because), std::string::npos) << one.what << ": " << is.because;
    }
}

// A file that has nothing but what the row asks for.
GgufBuilder meeting(const KindRow& row) {
    const std::string text(row.text);
    switch (row.evidence) {
        case Evidence::type: return GgufBuilder().key("general.type", text);
        case Evidence::architecture: return of(text.c_str());
        case Evidence::key_prefix: return GgufBuilder().key(text + "something", 1u);
        case Evidence::tensor_prefix: return holding((text + "something").c_str());
        case Evidence::tensor_suffix: return holding(("something" + text).c_str());
    }
    return {};
}

TEST(FileKind, is_told_by_each_row_alone) {
    ASSERT_GE(kind_rows().size(), 30u);
    for (const KindRow& row : kind_rows()) {
        const KindOfFile is = kind_of(meeting(row));
        EXPECT_EQ(to_string(is.kind), to_string(row.kind)) << row.text;
        EXPECT_NE(is.because.find(row.text), std::string::npos) << is.because;
    }
}

TEST(FileKind, is_model_for_every_architecture_that_llama_cpp_loads) {
    const auto expect_model = [](std::string_view name) {
        const KindOfFile is = kind_of(of(std::string(name).c_str()));
        EXPECT_EQ(to_string(is.kind), "model") << name << ": " << is.because;
    };
    for (const model::KnownArchitecture& known : model::known_architectures()) expect_model(known.name);
}

TEST(FileKind, refuses_questions_about_layers_by_its_name) {
    const auto bytes = GgufBuilder().key("general.type", "imatrix").bytes();
    const gguf::File file = gguf::File::from_bytes(bytes, "m.gguf");
    test::expect_refusal(test::refusal_of([&] { require_model(file); }), ErrorCode::not_a_model,
                         "an importance matrix, not a language model: general.type is imatrix");
    const auto model = of("llama").bytes();
    EXPECT_FALSE(test::refusal_of([&] { require_model(gguf::File::from_bytes(model, "m.gguf")); }).has_value());
}

}  // namespace
}  // namespace attnx::analysis
