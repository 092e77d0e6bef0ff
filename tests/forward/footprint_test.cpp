// What a run will take is worked out from the plan, and refused beyond what is allowed (design: attack.md, D).
#include "attnx/forward/footprint.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/trace/attention.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/refusal.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

constexpr std::uint64_t kFloat = 4;

std::uint64_t bytes_for(const std::vector<Need>& needs, const std::string& what) {
    const auto found = std::find_if(needs.begin(), needs.end(),
                                    [&](const Need& need) { return need.what.find(what) != std::string::npos; });
    EXPECT_NE(found, needs.end()) << what;
    return found == needs.end() ? 0 : found->bytes;
}

std::vector<Need> needs_of(std::span<const std::byte> bytes, std::uint64_t tokens) {
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    return Session(file, model::build_spec(file), {.threads = 1, .context = 0, .causal = {}}).needs(tokens);
}

std::vector<Need> needs_of(const std::string& golden, std::uint64_t tokens) {
    return needs_of(test::golden_model_bytes(test::golden_path(golden), test::Weights::zero), tokens);
}

TEST(Footprint, counts_keys_and_values_as_layers_keep_them) {
    // Two layers of one KV head of 8 and 8.
    EXPECT_EQ(bytes_for(needs_of(test::TinyModel{.kv_heads = 1}.bytes(), 10), "keys and values of 10 tokens"),
              2 * 16 * 10 * kFloat);
    // Compressed: rank 64 and 16 rotated dimensions for all heads; two layers.
    EXPECT_EQ(bytes_for(needs_of("deepseek2", 10), "keys and values"), 2 * (64 + 16) * 10 * kFloat);
    // Rank 64 in layers 0, 2 and 3; one index key of 64 for four tokens in layers 0 and 3.
    EXPECT_EQ(bytes_for(needs_of("glm5-next.lean", 8), "keys and values"), (3 * 64 + 2 * 64 / 4) * 8 * kFloat);
}

TEST(Footprint, counts_recurrent_states_whatever_the_tokens) {
    // Qwen3-Next, layer 0: 4 heads of 128 * 128, and a convolution of 4 over 1024 channels. Layer 1 attends.
    const std::uint64_t states = (4 * 128 * 128 + 4 * 1024) * kFloat;
    for (const std::uint64_t tokens : {1U, 1000U})
        EXPECT_EQ(bytes_for(needs_of("qwen35", tokens), "recurrent states"), states);
    // Kimi: layer 1 has 4 heads of 32 * 32 and three convolutions of 4 over 128 channels.
    EXPECT_EQ(bytes_for(needs_of("kimi-linear", 1), "recurrent states"), (4 * 32 * 32 + 3 * 4 * 128) * kFloat);
}

// D3: one head of 32,768 dimensions keeps 4 GiB.
TEST(Footprint, of_a_state_that_is_quadratic_in_the_file_is_refused) {
    model::Graph graph;
    graph.width = 32;
    model::LayerPlan layer;
    layer.kind = model::LayerKind::delta;
    layer.state.inner = layer.state.state = 32768;
    layer.state.heads = layer.state.groups = 1;
    layer.state.kernel = 4;
    graph.layers = {layer};
    const auto needs = footprint({}, graph).needs(1, 1);
    test::expect_refusal(test::refusal_of([&] { refuse_beyond(needs, kMaxMemory, "m.gguf"); }), ErrorCode::refused,
                         "recurrent states");
    graph.layers = {layer, layer, layer};
    graph.layers[0].state.state = graph.layers[1].state.heads = 0xFFFFFFFF;  // sums do not wrap
    EXPECT_EQ(bytes_for(footprint({}, graph).needs(1, 1), "recurrent states"), ~std::uint64_t{0});
}

TEST(Footprint, counts_the_keys_that_an_indexer_chooses_for_each_query) {
    model::Graph graph;
    graph.layers.resize(1);
    EXPECT_TRUE(std::ranges::none_of(footprint({}, graph).needs(100, 1),
                                     [](const Need& need) { return need.what == "keys that an indexer chooses"; }));
    model::IndexerPlan indexer;
    indexer.heads = 1;
    indexer.dim = 64;
    indexer.chosen = 8;
    graph.layers[0].indexer = indexer;
    EXPECT_EQ(bytes_for(footprint({}, graph).needs(100, 1), "keys that an indexer chooses"), 100U * 100);
}

// One key of 32 in each of four layers; beside them a row of 32, and 64 to know it by, for 4 tokens in layer 1, a row
// of 32 for 128 tokens in layer 2: a little more may be reckoned, as rows are whole.
TEST(Footprint, counts_rows_that_stand_for_several_tokens) {
    constexpr std::uint64_t kFed = 1280, kExact = (4 * 32 * kFed + 96 * kFed / 4 + 32 * kFed / 128) * kFloat;
    const std::uint64_t reckoned = bytes_for(needs_of("deepseek4.whole", kFed), "keys and values");
    EXPECT_GE(reckoned, kExact);
    EXPECT_LE(reckoned, kExact + 2 * kFed * kFloat);
}

TEST(Footprint, counts_what_n_grams_give_each_token) {
    model::Graph graph;
    graph.width = 8;
    graph.layers.resize(1);
    const std::uint64_t without = bytes_for(footprint({}, graph).needs(10, 1), "activations");
    model::NgramPlan& plan = graph.layers[0].ngrams.emplace();
    plan.width = 100;
    plan.buckets = {7, 11, 13};
    EXPECT_EQ(bytes_for(footprint({}, graph).needs(10, 1), "activations"), without + 3 * 100 * 10 * kFloat);
    plan.width = 0xFFFFFFFF;
    plan.buckets.resize(1U << 20, 2);
    test::expect_refusal(
        test::refusal_of([&] { refuse_beyond(footprint({}, graph).needs(1000, 1), kMaxMemory, "m.gguf"); }),
        ErrorCode::refused, "activations");
}

TEST(Footprint, of_maps_counts_compressed_rows) {
    model::Graph graph;
    graph.layers.resize(1);
    graph.layers[0].attention.heads = 5;
    graph.layers[0].shared.emplace().compressed.emplace().ratio = 4;
    const std::vector<std::uint32_t> layers{0};
    EXPECT_EQ(map_needs(graph, layers, 100).bytes, 5 * 100 * (100 + 25) * kFloat);
}

TEST(Footprint, of_maps_grows_with_the_square_of_the_tokens) {
    model::Graph graph;
    graph.layers.resize(3);
    for (auto& layer : graph.layers) layer.attention.heads = 5;
    const std::vector<std::uint32_t> layers{0, 2, 7};  // the last is not there
    EXPECT_EQ(map_needs(graph, layers, 100).bytes, 2 * 5 * 100 * 100 * kFloat);
}

TEST(Session, takes_no_more_memory_than_allowed) {
    const auto bytes = test::TinyModel{}.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    const auto spec = model::build_spec(file);
    const auto session_for = [&](std::uint32_t context, std::uint64_t most) {
        return Session(file, spec, {.threads = 1, .context = context, .causal = {}, .max_memory = most});
    };
    test::expect_refusal(test::refusal_of([&] { session_for(8, 1000); }), ErrorCode::refused, "more than 1000 B");
    trace::AttentionRecorder nobody;
    Session unknown = session_for(0, 20000);
    unknown.feed(std::vector<std::uint32_t>{1, 2}, nobody);
    const std::vector<std::uint32_t> many(60, 1);
    test::expect_refusal(test::refusal_of([&] { unknown.feed(many, nobody); }), ErrorCode::refused, "62 tokens");
    session_for(60, kMaxMemory).feed(many, nobody);
}

// Longer than llama.cpp's 2^31: sizes saturate, and are refused.
TEST(Session, refuses_contexts_that_cannot_be_counted) {
    const auto bytes = test::TinyModel{}.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    test::expect_refusal(
        test::refusal_of(
            [&] { Session(file, model::build_spec(file), {.threads = 1, .context = 0xFFFFFFFF, .causal = {}}); }),
        ErrorCode::refused, "4294967295 tokens");
}

}  // namespace
}  // namespace attnx::forward
