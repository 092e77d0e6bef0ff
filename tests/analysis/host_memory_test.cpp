// What llama-server may keep in main memory. Sizes that were logged ("created context checkpoint … size = 62.813 MiB")
// are those of public logs of its builds of 2026.
#include "attnx/analysis/host_memory.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "model/tiny.h"
#include "support/golden.h"
#include "support/golden_model.h"

namespace attnx::analysis {
namespace {

constexpr double kMiB = 1 << 20;

// Qwen3.5: three layers of four keep a gated delta net's state.
model::ModelSpec qwen35(std::uint32_t layers, std::uint32_t inner, std::uint32_t state_heads) {
    test::GgufBuilder file;
    file.key("general.architecture", "qwen35");
    const auto key = [&](const char* of, test::GgufValue value) { file.key(std::string("qwen35.") + of, value); };
    key("context_length", 262144U);
    key("embedding_length", 2048U);
    key("block_count", layers);
    key("feed_forward_length", 512U);
    key("attention.head_count", 16U);
    key("attention.head_count_kv", 2U);
    key("attention.key_length", 256U);
    key("attention.value_length", 256U);
    key("attention.layer_norm_rms_epsilon", 1e-6F);
    key("rope.dimension_sections", std::vector<std::int32_t>{11, 11, 10, 0});
    key("full_attention_interval", 4U);
    key("ssm.conv_kernel", 4U);
    key("ssm.inner_size", inner);
    key("ssm.state_size", 128U);
    key("ssm.time_step_rank", state_heads);
    key("ssm.group_count", 16U);
    return test::spec_of(file);
}

// 15 layers of 18 slide over 512 tokens; one KV head of 256.
model::ModelSpec gemma3_270m() {
    test::GgufBuilder file;
    file.key("general.architecture", "gemma3");
    const auto key = [&](const char* of, test::GgufValue value) { file.key(std::string("gemma3.") + of, value); };
    key("context_length", 32768U);
    key("embedding_length", 640U);
    key("block_count", 18U);
    key("feed_forward_length", 2048U);
    key("attention.head_count", 4U);
    key("attention.head_count_kv", 1U);
    key("attention.key_length", 256U);
    key("attention.value_length", 256U);
    key("attention.layer_norm_rms_epsilon", 1e-6F);
    key("attention.sliding_window", 512U);
    return test::spec_of(file);
}

ContextParams server_context(std::uint64_t tokens) {
    ContextParams params;
    params.context = tokens;
    return as_server(params);
}

std::uint64_t part(const HostMemory& memory, std::string_view kind) {
    for (const CheckpointPart& part : memory.kinds)
        if (part.kind == kind) return part.bytes;
    return 0;
}

TEST(AsServer, is_four_slots_in_one_unified_cache) {
    const ContextParams params = server_context(4096);
    EXPECT_EQ(params.parallel, 4U);
    EXPECT_TRUE(params.unified);
    EXPECT_EQ(params.context, 4096U);
}

TEST(Checkpoint, has_the_size_that_servers_log) {
    // Qwen3.5 35B-A3B: 40 layers, 30 of them recurrent, 32 heads of 128.
    const HostMemory moe = host_memory(qwen35(40, 4096, 32), server_context(8192), {});
    EXPECT_NEAR(static_cast<double>(moe.checkpoint_bytes) / kMiB, 62.813, 0.0005);
    // Qwen3.6 27B: 64 layers, 48 of them recurrent, 48 heads of 128.
    const HostMemory dense = host_memory(qwen35(64, 6144, 48), server_context(8192), {});
    EXPECT_NEAR(static_cast<double>(dense.checkpoint_bytes) / kMiB, 149.626, 0.0005);
}

TEST(Checkpoint, of_recurrent_layers_holds_both_their_states) {
    const HostMemory memory = host_memory(qwen35(40, 4096, 32), server_context(8192), {});
    const std::uint64_t taps = 3 * (4096 + 2 * 16 * 128), state = 128 * 4096;
    EXPECT_EQ(part(memory, "recurrent"), 30 * (taps + state) * 4);
    // Magic and sequence; cells, position, sequences, transposition and layers; type and row size of each tensor.
    EXPECT_EQ(part(memory, "bookkeeping"), 8U + 20 + 30 * 2 * 12);
    EXPECT_EQ(memory.checkpoint_bytes, part(memory, "recurrent") + part(memory, "bookkeeping"));
}

TEST(Checkpoint, of_a_window_holds_the_cells_in_sight_and_nothing_of_full_layers) {
    const HostMemory memory = host_memory(gemma3_270m(), server_context(32768), {});
    EXPECT_EQ(part(memory, "sliding"), 15U * 512 * (256 + 256) * 2);
    EXPECT_EQ(part(memory, "full"), 0U);
    EXPECT_EQ(part(memory, "bookkeeping"), 8U + 4 + 4 + 16 + 512 * 12 + 15 * 2 * 12);
    // A context shorter than the window cannot fill it.
    EXPECT_EQ(part(host_memory(gemma3_270m(), server_context(256), {}), "sliding"), 15U * 256 * 512 * 2);
    ContextParams q8 = server_context(32768);
    q8.type_k = q8.type_v = gguf::TensorType::q8_0;
    EXPECT_EQ(part(host_memory(gemma3_270m(), q8, {}), "sliding"), 15U * 512 * 512 / 32 * 34);
}

// llama_state_seq_get_size_ext of llama.cpp b12032 and b11434, with and without LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY, for
// 1024 tokens of one of four sequences in a unified cache.
TEST(HostMemory, is_to_the_byte_what_llama_cpp_copies_of_golden_models) {
    struct Measured {
        const char* model;
        std::uint64_t checkpoint, state;
    };
    constexpr Measured kMeasured[] = {
        {"falcon-h1", 74828, 611476}, {"gemma2", 5308, 804124},      {"gpt-oss", 5308, 804124},
        {"jamba", 35892, 310372},     {"kimi-k3", 21044, 524912},    {"kimi-linear", 21044, 197208},
        {"llama", 0, 536656},         {"minimax-01", 32844, 569492}, {"qwen3next", 274484, 548964},
        {"dots3note", 1076, 910508},  {"granite_swa", 2700, 539348},
    };
    for (const Measured& measured : kMeasured) {
        const auto bytes = test::golden_model_bytes(test::golden_path(measured.model), test::Weights::zero);
        const auto spec = model::build_spec(gguf::File::from_bytes(bytes, measured.model));
        const HostMemory memory = host_memory(spec, server_context(1024), {});
        EXPECT_EQ(memory.checkpoint_bytes, measured.checkpoint) << measured.model;
        EXPECT_EQ(memory.prompt_state_bytes, measured.state) << measured.model;
    }
}

TEST(Checkpoint, is_not_made_where_everything_can_be_rolled_back) {
    const auto plain = test::spec_of(test::Tiny{"llama"}.builder());
    const HostMemory memory = host_memory(plain, server_context(4096), {});
    EXPECT_EQ(memory.checkpoints, 0U);
    EXPECT_EQ(memory.checkpoint_bytes, 0U);
    EXPECT_TRUE(memory.kinds.empty());
    EXPECT_EQ(memory.prompt_cache_bytes, std::uint64_t{8192} << 20);

    ContextParams whole = server_context(32768);
    whole.swa_full = true;
    EXPECT_EQ(host_memory(gemma3_270m(), whole, {}).checkpoints, 0U) << "windows are kept whole";
    EXPECT_EQ(host_memory(gemma3_270m(), server_context(32768), {.checkpoints = 0}).checkpoints_bytes, 0U);
}

TEST(Checkpoints, are_as_many_as_every_slot_may_have) {
    const HostMemory memory = host_memory(gemma3_270m(), server_context(32768), {});
    EXPECT_EQ(memory.checkpoints, 4U * 32);
    EXPECT_EQ(memory.checkpoints_bytes, 128 * memory.checkpoint_bytes);
    ContextParams one = server_context(32768);
    one.parallel = 1;
    const HostMemory fewer = host_memory(gemma3_270m(), one, {.checkpoints = 3, .prompt_cache_bytes = std::nullopt});
    EXPECT_EQ(fewer.checkpoints, 3U);
    EXPECT_EQ(fewer.prompt_cache_bytes, std::nullopt) << "no limit";
}

// DeepSeek-V4: rows in the window of every layer, and what the compressors have not emitted yet; no compressed rows.
TEST(Checkpoint, of_deepseek_v4_holds_its_window_and_its_compressors) {
    test::GgufBuilder file;
    file.key("general.architecture", "deepseek4");
    const auto key = [&](const char* of, test::GgufValue value) { file.key(std::string("deepseek4.") + of, value); };
    for (const char* of : {"context_length", "embedding_length", "feed_forward_length"}) key(of, 4096U);
    key("block_count", 3U);
    key("attention.head_count", 64U);
    key("attention.head_count_kv", 1U);
    key("attention.key_length", 512U);
    key("attention.value_length", 512U);
    key("attention.sliding_window", 128U);
    key("attention.indexer.key_length", 128U);
    key("attention.compress_ratios", std::vector<std::uint32_t>{0, 4, 128});
    model::ModelSpec spec = test::spec_of(file);
    spec.memory.refusals.clear();  // for keys that say nothing about memory
    const HostMemory memory = host_memory(spec, server_context(4096), {});
    EXPECT_EQ(part(memory, "sliding"), 3U * 128 * 512 * 2);
    const std::uint64_t fine = 2 * 512 * 8, coarse = 512 * 128, indexer = 2 * 128 * 8;
    EXPECT_EQ(part(memory, "compressed"), 2 * (fine + coarse + indexer) * 4);
    EXPECT_EQ(memory.prompt_state_bytes, std::nullopt) << "compressed rows are not counted";
    // Rows: as for a window, in one stream for each sequence. Compressors: three headers, and three layers of two
    // tensors.
    EXPECT_EQ(part(memory, "bookkeeping"), 8U + 12 + 4 + 4 * 4 + 16 + 128 * 12 + 3 * 12 + 3 * 24 + 3 * (4 + 2 * 28));
}

TEST(HostMemory, is_refused_as_the_context_is) {
    ContextParams params = server_context(4096);
    params.parallel = 257;
    EXPECT_EQ(test::code_of([&] { host_memory(gemma3_270m(), params, {}); }), ErrorCode::refused);
    params.context = std::uint64_t{1} << 40;
    EXPECT_EQ(test::code_of([&] { host_memory(gemma3_270m(), params, {}); }), ErrorCode::refused);
}

}  // namespace
}  // namespace attnx::analysis
