// The worked example of CONTRIBUTING.md: a made-up architecture is one row, and runs.
#include <gtest/gtest.h>

#include <cmath>

#include "../../src/model/arch/traits.h"
#include "../../src/model/tensors/lists.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/model/visible.h"
#include "support/faults.h"

namespace attnx::forward {
namespace {

using namespace model;

// Attention as in Llama, but three layers of four see eight tokens only, the last of each group everything.
const ArchTraits kOrca{.name = "orca",
                       .title = "Orca",
                       .tensors = llama_tensors,
                       .rope = RopeType::norm,
                       .needs = keys::rms,
                       .window = {.when = WindowWhen::always, .default_size = 8, .period = 4}};

constexpr std::uint32_t kLayers = 4, kWidth = 32, kHeads = 4, kKvHeads = 2, kVocabulary = 64, kInner = 48;

test::GoldenParts orca() {
    test::GoldenParts parts;
    parts.metadata = {{"general.architecture", "orca"},
                      {"tokenizer.ggml.model", "no_vocab"},
                      {"orca.vocab_size", kVocabulary},
                      {"orca.block_count", kLayers},
                      {"orca.context_length", 256U},
                      {"orca.embedding_length", kWidth},
                      {"orca.feed_forward_length", kInner},
                      {"orca.attention.head_count", kHeads},
                      {"orca.attention.head_count_kv", kKvHeads},
                      {"orca.attention.layer_norm_rms_epsilon", 1e-5F}};
    const auto add = [&](std::string name, std::vector<std::uint64_t> shape, float scale, float bias) {
        parts.tensors.push_back({std::move(name), std::move(shape), "f32", scale, bias});
    };
    add("token_embd.weight", {kWidth, kVocabulary}, 1.0F, 0.0F);
    add("output_norm.weight", {kWidth}, 0.1F, 1.0F);
    for (std::uint32_t i = 0; i < kLayers; ++i) {
        const std::string block = "blk." + std::to_string(i) + ".";
        add(block + "attn_norm.weight", {kWidth}, 0.1F, 1.0F);
        add(block + "attn_q.weight", {kWidth, kWidth}, 0.3F, 0.0F);
        add(block + "attn_k.weight", {kWidth, kWidth / 2}, 0.3F, 0.0F);
        add(block + "attn_v.weight", {kWidth, kWidth / 2}, 0.3F, 0.0F);
        add(block + "attn_output.weight", {kWidth, kWidth}, 0.3F, 0.0F);
        add(block + "ffn_norm.weight", {kWidth}, 0.1F, 1.0F);
        add(block + "ffn_gate.weight", {kWidth, kInner}, 0.3F, 0.0F);
        add(block + "ffn_down.weight", {kInner, kWidth}, 0.3F, 0.0F);
        add(block + "ffn_up.weight", {kWidth, kInner}, 0.3F, 0.0F);
    }
    return parts;
}

class Seen : public trace::Sink {
public:
    bool wants_attention(std::uint32_t) override { return true; }
    void attention(const trace::AttentionRows& rows) override {
        for (std::uint32_t q = rows.first_query; q < rows.first_query + rows.query_count; ++q) {
            double sum = 0;
            for (std::uint32_t key = 0; key < rows.key_count; ++key) {
                const float weight = rows.row(q)[key];
                const bool visible = key <= q && (rows.layer % 4 == 3 || q - key < 8);
                EXPECT_EQ(weight > 0.0F, visible) << "layer " << rows.layer << ", query " << q << ", key " << key;
                sum += static_cast<double>(weight);
            }
            EXPECT_NEAR(sum, 1.0, 1e-5);
            ++rows_;
        }
    }
    std::size_t rows() const { return rows_; }

private:
    std::size_t rows_ = 0;
};

TEST(MadeUpArchitecture, is_described_and_runs_by_its_row_alone) {
    const std::vector<std::byte> bytes = orca().build(test::Weights::real).bytes();
    const auto file = gguf::File::from_bytes(bytes, "orca.gguf");
    const ModelSpec spec = build_spec(file, kOrca);
    EXPECT_EQ(spec.title, "Orca");
    ASSERT_EQ(spec.layers.size(), kLayers);
    for (const LayerSpec& layer : spec.layers) EXPECT_EQ(layer.sliding, layer.index != 3) << layer.index;
    EXPECT_TRUE(spec.tensors.known);
    EXPECT_FALSE(spec.tensors.refusal);

    Session session(file, spec, {});
    std::vector<std::uint32_t> tokens;
    for (std::uint32_t i = 0; i < 20; ++i) tokens.push_back(i * 7 % kVocabulary);
    Seen seen;
    FeedOptions options;
    options.logits = true;
    const std::vector<float> logits = session.feed(tokens, seen, options);
    EXPECT_EQ(seen.rows(), std::size_t{kLayers} * kHeads * tokens.size());
    ASSERT_EQ(logits.size(), kVocabulary);
    for (const float logit : logits) EXPECT_TRUE(std::isfinite(logit));
}

TEST(MadeUpArchitecture, is_refused_by_the_name_of_the_tensor_it_lacks) {
    test::GoldenParts parts = orca();
    std::erase_if(parts.tensors, [](const test::GoldenTensor& tensor) { return tensor.name == "blk.2.attn_k.weight"; });
    const std::vector<std::byte> bytes = parts.build(test::Weights::real).bytes();
    const auto file = gguf::File::from_bytes(bytes, "orca.gguf");
    const ModelSpec spec = build_spec(file, kOrca);
    ASSERT_TRUE(spec.tensors.refusal);
    EXPECT_EQ(spec.tensors.refusal->name, "blk.2.attn_k.weight");
    try {
        const Session session(file, spec, {});
        FAIL() << "it runs";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::missing_tensor);
        EXPECT_EQ(error.where().name, "blk.2.attn_k.weight");
    }
}

TEST(MadeUpArchitecture, is_not_known_without_its_row) {
    const std::vector<std::byte> bytes = orca().build(test::Weights::real).bytes();
    const auto file = gguf::File::from_bytes(bytes, "orca.gguf");
    const ModelSpec spec = build_spec(file);
    EXPECT_EQ(spec.support, Support::unknown);
    EXPECT_THROW(Session(file, spec, {}), Error);
}

}  // namespace
}  // namespace attnx::forward
