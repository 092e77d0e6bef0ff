// CONTRIBUTING's worked example: an architecture is one row. With it a model is described, planned and run.
#include <gtest/gtest.h>

#include "../../src/model/arch/families.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/model/graph.h"
#include "attnx/trace/attention.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

using model::Activation;
using model::RopeLayers;

constexpr model::ArchTraits kOrca = {
    .name = "orca",
    .title = "Orca",
    .tensors = model::llama_tensors,
    .rope = model::RopeType::norm,
    .needs = model::keys::rms,
    .window = {.when = model::WindowWhen::always, .default_size = 2048, .period = 4, .rope = model::SlidingRope::own},
    .compute = {.rope_layers = RopeLayers::sliding, .activation = Activation::gelu}};

test::TinyModel orca() { return {.architecture = "orca", .layers = 4}; }

TEST(NewArchitecture, without_a_row_is_shown_by_keys_and_tensors_and_not_run) {
    const auto bytes = orca().bytes();
    const auto file = gguf::File::from_bytes(bytes, "orca.gguf");
    const auto spec = model::build_spec(file);
    EXPECT_EQ(spec.support, model::Support::unknown);
    EXPECT_THROW(Session(file, spec, {}), Error);
}

TEST(NewArchitecture, is_described_by_its_row) {
    const auto bytes = orca().bytes();
    const auto file = gguf::File::from_bytes(bytes, "orca.gguf");
    const auto spec = model::build_spec(file, kOrca);
    EXPECT_EQ(spec.title, "Orca");
    EXPECT_EQ(spec.support, model::Support::known);
    EXPECT_EQ(spec.window.size, 2048u);
    ASSERT_EQ(spec.layers.size(), 4u);
    for (const auto& layer : spec.layers) {
        EXPECT_EQ(layer.sliding, layer.index != 3);
        EXPECT_EQ(layer.rotation.has_value(), layer.index != 3);
    }
    EXPECT_EQ(spec.memory.caches.size(), 2u) << "of full and of sliding layers";
    EXPECT_TRUE(spec.tensors.known);
    EXPECT_FALSE(spec.tensors.refusal) << spec.tensors.refusal->message;
    EXPECT_TRUE(spec.tensors.superfluous.empty());
}

TEST(NewArchitecture, runs_as_its_row_says) {
    auto tiny = orca();
    tiny.extra_keys = {{"attention.sliding_window", 2u}};
    const auto bytes = tiny.bytes();
    const auto file = gguf::File::from_bytes(bytes, "orca.gguf");
    const auto spec = model::build_spec(file, kOrca);
    EXPECT_EQ(model::build_graph(file, spec).layers[0].ffn.activation, Activation::gelu);
    Session session(file, spec, {.threads = 2, .context = 0, .causal = {}});
    trace::AttentionRecorder recorder;
    session.feed(std::vector<std::uint32_t>{1, 2, 3, 4}, recorder, {});
    ASSERT_EQ(recorder.maps().size(), 4u);
    for (const auto& [layer, map] : recorder.maps()) {
        const auto row = map.row(0, 3);
        EXPECT_EQ(row[0] == 0.0F && row[1] == 0.0F, layer != 3) << "the window of layer " << layer;
        EXPECT_NEAR(row[0] + row[1] + row[2] + row[3], 1.0, 1e-5);
    }
}

TEST(NewArchitecture, is_refused_by_the_name_of_the_tensor_it_lacks) {
    auto tiny = orca();
    tiny.absent = "blk.2.attn_k.weight";
    const auto bytes = tiny.bytes();
    const auto file = gguf::File::from_bytes(bytes, "orca.gguf");
    const auto spec = model::build_spec(file, kOrca);
    ASSERT_TRUE(spec.tensors.refusal);
    EXPECT_EQ(spec.tensors.refusal->name, tiny.absent);
    try {
        const Session session(file, spec, {});
        FAIL() << "it runs";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::missing_tensor);
        EXPECT_EQ(error.where().name, tiny.absent);
    }
}

}  // namespace
}  // namespace attnx::forward
