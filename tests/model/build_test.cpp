// Odd models: what they are taken for, what is said about them, and what llama.cpp would refuse.
#include "attnx/model/build.h"

#include <gtest/gtest.h>

#include <limits>

#include "tiny.h"

namespace attnx::model {
namespace {

using test::code_of;
using test::message_of;
using test::spec_of;
using test::Tiny;

constexpr std::uint32_t kHuge = 0xFFFFFFFF;

bool refused(const ModelSpec& spec) {
    return !spec.key_refusals.empty() && message_of(spec.findings, FindingId::llama_cpp_refuses).has_value();
}

const Fact* fact(const ModelSpec& spec, std::string_view field) {
    const Fact* found = nullptr;
    for (const Fact& candidate : spec.provenance)
        if (candidate.field == field) found = &candidate;
    return found;
}

TEST(BuildSpec, says_where_each_fact_came_from) {
    auto builder = Tiny{"gemma2"}.builder();
    builder.tensor("token_embd.weight", "f32", {128, 64});
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.title, "Gemma 2");
    EXPECT_EQ(fact(spec, "head_count")->source, Source::key);
    EXPECT_EQ(fact(spec, "head_count")->detail, "gemma2.attention.head_count");
    EXPECT_EQ(fact(spec, "head_dim_k")->source, Source::derived);
    EXPECT_EQ(fact(spec, "sliding_window/size")->source, Source::architecture);
    EXPECT_EQ(fact(spec, "sliding_window/size")->value, "4096");
    EXPECT_EQ(fact(spec, "rope/freq_base")->source, Source::assumed);
    EXPECT_EQ(fact(spec, "vocabulary_size")->source, Source::tensor);
    EXPECT_EQ(fact(spec, "vocabulary_size")->value, "64");
    EXPECT_EQ(fact(spec, "parameter_count")->value, "8192");
    EXPECT_EQ(spec.attention_softcap, 50.0F);
    EXPECT_EQ(spec.final_softcap, 30.0F);
    EXPECT_TRUE(message_of(spec.findings, FindingId::assumed_value)) << "the window";
}

TEST(BuildSpec, takes_an_unknown_architecture_by_keys_and_tensors_alone) {
    auto builder = Tiny{"newcomer"}.builder();
    builder.key("newcomer.rope.freq_base", 1e6F)
        .key("newcomer.attention.sliding_window", 512U)
        .key("newcomer.attention.sliding_window_pattern", std::vector<bool>{true, false})
        .tensor("blk.0.attn_q.weight", "f32", {128, 128})
        .tensor("blk.1.ssm_conv1d.weight", "f32", {4, 256});
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.support, Support::unknown);
    EXPECT_TRUE(spec.title.empty());
    EXPECT_TRUE(message_of(spec.findings, FindingId::unknown_architecture));
    EXPECT_EQ(fact(spec, "rope/type")->source, Source::assumed);
    ASSERT_EQ(spec.layers.size(), 2U);
    EXPECT_TRUE(spec.layers[0].sliding);
    EXPECT_FALSE(spec.layers[1].sliding);
    EXPECT_EQ(spec.layers[1].kind, LayerKind::mamba);
    EXPECT_TRUE(spec.memory.refusals.empty());
}

TEST(BuildSpec, counts_layers_as_full_when_nothing_says_which_ones_slide) {
    auto builder = Tiny{"newcomer"}.builder();
    builder.key("newcomer.attention.sliding_window", 512U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.window.type, WindowType::none);
    EXPECT_TRUE(message_of(spec.findings, FindingId::assumed_value));
}

TEST(BuildSpec, throws_when_not_even_layers_can_be_told) {
    EXPECT_EQ(code_of([] { spec_of(test::GgufBuilder()); }), ErrorCode::missing_key);
    EXPECT_EQ(code_of([] { spec_of(Tiny{"llama", {"block_count"}}.builder()); }), ErrorCode::missing_key);
    const auto with_blocks = [](test::GgufValue value) {
        auto builder = Tiny{"llama", {"block_count"}}.builder();
        builder.key("llama.block_count", std::move(value));
        return builder;
    };
    EXPECT_EQ(code_of([&] { spec_of(with_blocks(kHuge)); }), ErrorCode::bad_value);
    EXPECT_EQ(code_of([&] { spec_of(with_blocks(0U)); }), ErrorCode::bad_value);
    EXPECT_EQ(code_of([&] { spec_of(with_blocks(513U)); }), ErrorCode::bad_value);
    EXPECT_EQ(code_of([&] { spec_of(with_blocks("two")); }), ErrorCode::wrong_type);
    EXPECT_EQ(code_of([&] { spec_of(with_blocks(2.0F)); }), ErrorCode::wrong_type);
    EXPECT_EQ(code_of([&] { spec_of(with_blocks(-2)); }), ErrorCode::wrong_type);
    EXPECT_EQ(code_of([&] { spec_of(with_blocks(std::uint64_t{1} << 40)); }), ErrorCode::bad_value);
    EXPECT_EQ(code_of([&] { spec_of(with_blocks(std::vector<std::uint32_t>{2, 2})); }), ErrorCode::wrong_type);
}

TEST(BuildSpec, names_the_file_and_the_key_of_an_error) {
    try {
        spec_of(Tiny{"llama", {"block_count"}}.builder());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.where().path, "tiny.gguf");
        EXPECT_EQ(error.where().name, "llama.block_count");
    }
}

TEST(BuildSpec, counts_layers_by_tensors_when_the_key_is_missing_or_absurd) {
    for (const bool missing : {true, false}) {
        auto builder = Tiny{"llama", {"block_count"}}.builder();
        if (!missing) builder.key("llama.block_count", kHuge);
        builder.tensor("blk.0.attn_norm.weight", "f32", {128}).tensor("blk.2.attn_norm.weight", "f32", {128});
        const ModelSpec spec = spec_of(builder);
        EXPECT_EQ(spec.layers.size(), 3U);
        EXPECT_TRUE(refused(spec));
        EXPECT_EQ(fact(spec, "layer_count")->source, Source::tensor);
    }
}

TEST(BuildSpec, never_allocates_by_the_number_in_a_tensor_name) {
    auto builder = Tiny{"llama", {"block_count"}}.builder();
    builder.tensor("blk.4294967295.attn_norm.weight", "f32", {128});
    EXPECT_EQ(code_of([&] { spec_of(builder); }), ErrorCode::missing_key);
    builder.tensor("blk.511.attn_norm.weight", "f32", {128});
    EXPECT_EQ(spec_of(builder).layers.size(), 512U);
}

TEST(BuildSpec, uses_an_integer_of_another_width_but_says_that_llama_cpp_refuses) {
    auto builder =
        Tiny{"llama", {"attention.head_count", "attention.layer_norm_rms_epsilon", "context_length"}}.builder();
    builder.key("llama.attention.head_count", std::uint64_t{8})
        .key("llama.attention.layer_norm_rms_epsilon", 1e-5)
        .key("llama.context_length", 4096);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers[0].head_count, 8U);
    EXPECT_EQ(spec.context_length, 4096U);
    EXPECT_TRUE(refused(spec));
    EXPECT_EQ(spec.key_refusals.size(), 3U);
    EXPECT_TRUE(spec.memory.refusals.empty());  // of a context, once the model is loaded
    EXPECT_TRUE(message_of(spec.findings, FindingId::key_wrong_type));
}

TEST(BuildSpec, throws_on_a_head_count_that_is_text) {
    auto builder = Tiny{"llama", {"attention.head_count"}}.builder();
    builder.key("llama.attention.head_count", "8");
    EXPECT_EQ(code_of([&] { spec_of(builder); }), ErrorCode::wrong_type);
    auto array = Tiny{"llama", {"attention.head_count"}}.builder();
    array.key("llama.attention.head_count", std::vector<std::string>{"8", "8"});
    EXPECT_EQ(code_of([&] { spec_of(array); }), ErrorCode::wrong_type);
}

TEST(BuildSpec, reports_missing_keys_that_llama_cpp_requires) {
    const ModelSpec spec = spec_of(Tiny{"llama", {"attention.layer_norm_rms_epsilon", "context_length"}}.builder());
    EXPECT_TRUE(refused(spec));
    EXPECT_EQ(spec.key_refusals.size(), 2U);
    EXPECT_EQ(message_of(spec.findings, FindingId::missing_required_key), "key llama.context_length is missing");
    EXPECT_TRUE(message_of(spec.findings, FindingId::no_tensors));
}

TEST(BuildSpec, survives_a_head_count_of_0) {
    auto builder = Tiny{"llama", {"attention.head_count"}}.builder();
    builder.key("llama.attention.head_count", 0U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers[0].head_dim_k, 0U);
    EXPECT_TRUE(message_of(spec.findings, FindingId::head_count_indivisible))
        << "no heads on 2 KV heads is no multiple";
}

// The matrix beside its keys would be as wide as the head is.
TEST(BuildSpec, survives_a_head_of_2_to_the_31) {
    const ModelSpec spec = spec_of(Tiny{}.builder().key("llama.attention.key_length", 0x80000000U));
    EXPECT_EQ(spec.memory.caches.at(0).key_rotation, 0x80000000U);
}

TEST(BuildSpec, survives_an_embedding_that_heads_do_not_divide) {
    auto builder = Tiny{"llama", {"attention.head_count", "attention.head_count_kv"}}.builder();
    builder.key("llama.attention.head_count", 3U).key("llama.attention.head_count_kv", 3U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers[0].head_dim_k, 42U);
    EXPECT_TRUE(message_of(spec.findings, FindingId::assumed_value));
}

TEST(BuildSpec, reports_kv_heads_that_do_not_divide_the_heads) {
    for (const std::uint32_t kv_heads : {3U, 8U}) {
        auto builder = Tiny{"llama", {"attention.head_count_kv"}}.builder();
        builder.key("llama.attention.head_count_kv", kv_heads);
        EXPECT_TRUE(message_of(spec_of(builder).findings, FindingId::head_count_indivisible)) << kv_heads;
    }
}

TEST(BuildSpec, reports_per_layer_arrays_of_another_length) {
    for (const auto& heads : {std::vector<std::uint32_t>{4}, std::vector<std::uint32_t>{4, 4, 4}}) {
        auto builder = Tiny{"llama", {"attention.head_count"}}.builder();
        builder.key("llama.attention.head_count", heads);
        const ModelSpec spec = spec_of(builder);
        ASSERT_EQ(spec.layers.size(), 2U);
        EXPECT_EQ(spec.layers[0].head_count, 4U);
        EXPECT_EQ(spec.layers[1].head_count, heads.size() > 1 ? 4U : 0U);
        EXPECT_TRUE(refused(spec));
        EXPECT_TRUE(message_of(spec.findings, FindingId::array_length));
    }
}

TEST(BuildSpec, reads_per_layer_heads_stored_as_int32_or_bool) {
    auto builder = Tiny{"jamba", {"attention.head_count_kv"}}.builder();
    builder.key("jamba.attention.head_count_kv", std::vector<std::int32_t>{0, 2});
    for (const char* key : {"conv_kernel", "inner_size", "state_size", "time_step_rank"})
        builder.key(std::string("jamba.ssm.") + key, 4U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_TRUE(spec.memory.refusals.empty());
    EXPECT_EQ(spec.layers[0].kind, LayerKind::mamba);
    EXPECT_EQ(spec.layers[1].kind, LayerKind::attention);
}

TEST(BuildSpec, reports_numbers_that_are_none) {
    auto builder = Tiny{"llama"}.builder();
    builder.key("llama.rope.freq_base", std::numeric_limits<float>::quiet_NaN())
        .key("llama.rope.scaling.factor", std::numeric_limits<float>::infinity());
    const ModelSpec spec = spec_of(builder);
    EXPECT_FALSE(spec.rope.freq_base);
    EXPECT_FALSE(spec.rope.scaling_factor);
    EXPECT_TRUE(message_of(spec.findings, FindingId::not_finite));
}

TEST(BuildSpec, doubts_absurd_values) {
    for (const char* key : {"attention.key_length", "rope.dimension_count"}) {
        auto builder = Tiny{"qwen2"}.builder();
        builder.key(std::string("qwen2.") + key, kHuge);
        EXPECT_TRUE(message_of(spec_of(builder).findings, FindingId::implausible_value)) << key;
    }
    auto ranks = Tiny{"minicpm3"}.builder();
    ranks.key("minicpm3.attention.q_lora_rank", kHuge).key("minicpm3.attention.kv_lora_rank", kHuge);
    EXPECT_TRUE(message_of(spec_of(ranks).findings, FindingId::implausible_value));
}

TEST(BuildSpec, refuses_what_the_loader_refuses) {
    const auto with = [](const std::string& architecture, const std::string& suffix, test::GgufValue value) {
        auto builder = Tiny{architecture}.builder();
        builder.key(architecture + "." + suffix, std::move(value));
        return spec_of(builder);
    };
    EXPECT_TRUE(refused(with("llama", "rope.dimension_count", 16U)));
    EXPECT_FALSE(refused(with("qwen2", "rope.dimension_count", 16U)));
    EXPECT_TRUE(refused(with("llama", "rope.scaling.type", "spiral")));
    EXPECT_TRUE(refused(with("llama", "expert_count", 4U))) << "none used";
    EXPECT_TRUE(refused(with("llama", "expert_used_count", 4U))) << "of none";
    EXPECT_TRUE(refused(with("nanbeige", "num_loops", 0U)));
    EXPECT_TRUE(refused(with("nanbeige", "num_loops", kHuge)));
    EXPECT_FALSE(refused(with("glm4", "nextn_predict_layers", 2U))) << "llama.cpp loads a model without a trunk";
    EXPECT_TRUE(refused(with("gptj", "rope.dimension_count", 16U)));
}

TEST(BuildSpec, says_which_keys_have_no_effect) {
    auto builder = Tiny{"llama"}.builder();
    builder.key("llama.attention.sliding_window", 4096U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.window.type, WindowType::none);
    EXPECT_EQ(message_of(spec.findings, FindingId::key_ignored),
              "key llama.attention.sliding_window has no effect: llama.cpp does not read it for this architecture");
}

TEST(BuildSpec, repeats_looped_layers) {
    auto builder = Tiny{"nanbeige"}.builder();
    builder.key("nanbeige.num_loops", 3U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.block_count, 2U);
    EXPECT_EQ(spec.layers.size(), 6U);
    EXPECT_EQ(spec.memory.caches.at(0).layers.size(), 6U);
}

TEST(BuildSpec, takes_feed_forward_widths_from_the_tensors) {
    auto builder = Tiny{"llama"}.builder();
    builder.key("llama.expert_count", 8U)
        .key("llama.expert_used_count", 2U)
        .tensor("blk.0.ffn_down.weight", "f32", {96, 128})
        .tensor("blk.1.ffn_down_exps.weight", "f32", {32, 128, 8})
        .tensor("blk.1.ffn_down_shexp.weight", "f32", {64, 128});
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers[0].feed_forward_length, 96U);
    EXPECT_EQ(spec.layers[0].expert_count, 0U);
    EXPECT_EQ(spec.layers[1].feed_forward_length, 0U);
    EXPECT_EQ(spec.layers[1].expert_count, 8U);
    EXPECT_EQ(spec.layers[1].expert_used_count, 2U);
    EXPECT_EQ(spec.layers[1].expert_feed_forward_length, 32U);
    EXPECT_EQ(spec.layers[1].shared_expert_feed_forward_length, 64U);
}

TEST(BuildSpec, takes_feed_forward_widths_from_the_keys_without_tensors) {
    auto builder = Tiny{"deepseek"}.builder();
    builder.key("deepseek.expert_count", 8U)
        .key("deepseek.expert_used_count", 2U)
        .key("deepseek.expert_feed_forward_length", 48U)
        .key("deepseek.expert_shared_count", 2U)
        .key("deepseek.leading_dense_block_count", 1U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers[0].feed_forward_length, 256U);
    EXPECT_EQ(spec.layers[0].expert_count, 0U);
    EXPECT_EQ(spec.layers[1].feed_forward_length, 0U);
    EXPECT_EQ(spec.layers[1].expert_count, 8U);
    EXPECT_EQ(spec.layers[1].expert_feed_forward_length, 48U);
    EXPECT_EQ(spec.layers[1].shared_expert_feed_forward_length, 96U);
}

TEST(BuildSpec, experts_may_differ_by_layer) {
    auto builder = Tiny{"deepseek"}.builder();
    builder.key("deepseek.expert_count", 8U)
        .key("deepseek.expert_used_count", std::vector<std::uint32_t>{2, 4})
        .key("deepseek.expert_feed_forward_length", std::vector<std::uint32_t>{48, 96})
        .key("deepseek.expert_shared_count", 2U);
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers[0].expert_used_count, 2U);
    EXPECT_EQ(spec.layers[1].expert_used_count, 4U);
    EXPECT_EQ(spec.layers[0].expert_feed_forward_length, 48U);
    EXPECT_EQ(spec.layers[1].expert_feed_forward_length, 96U);
    EXPECT_TRUE(spec.memory.refusals.empty());
}

TEST(BuildSpec, reads_a_projector_file_as_far_as_it_goes) {
    test::GgufBuilder builder;
    builder.key("general.architecture", "clip");
    const ModelSpec empty = spec_of(builder);
    EXPECT_TRUE(empty.layers.empty());
    EXPECT_TRUE(refused(empty));
    builder.key("clip.audio.block_count", 3U)
        .key("clip.audio.attention.head_count", 2U)
        .key("clip.audio.embedding_length", 64U);
    EXPECT_EQ(spec_of(builder).layers.size(), 3U);
    EXPECT_EQ(spec_of(builder).layers[0].head_dim_k, 32U);
}

TEST(BuildSpec, takes_no_width_and_no_layer_from_a_tower) {
    auto builder = Tiny{"llama", {}}.builder();
    builder.tensor("blk.0.ffn_down.weight", "f32", {24, 16}).tensor("blk.1.ffn_down.weight", "f32", {24, 16});
    builder.tensor("v.blk.0.ffn_down.weight", "f32", {99, 16}).tensor("v.blk.7.ffn_down.weight", "f32", {99, 16});
    builder.tensor("mm.0.weight", "f32", {5, 2});
    const ModelSpec spec = spec_of(builder);
    EXPECT_EQ(spec.layers[0].feed_forward_length, 24u);
    EXPECT_EQ(spec.layers[1].feed_forward_length, 24u);
    EXPECT_EQ(spec.parameter_count, 2u * 24 * 16 + 2u * 99 * 16 + 10);
    EXPECT_EQ(spec.tower_parameter_count, 2u * 99 * 16 + 10);
}

}  // namespace
}  // namespace attnx::model
