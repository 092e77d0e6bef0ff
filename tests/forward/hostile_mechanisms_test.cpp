// Keys and tensors of indexers, compressed rows, several residual streams, n-grams and adapters that do not go
// together: each ends in an Error that says what is wrong.
#include <gtest/gtest.h>

#include "hostile.h"

namespace attnx::forward {
namespace {

test::GgufValue numbers(std::initializer_list<std::uint32_t> values) {
    constexpr std::uint32_t kU32 = 4;
    return test::GgufValue::array(kU32, std::vector<test::GgufValue>(values.begin(), values.end()));
}

test::GgufValue long_numbers(std::initializer_list<std::uint64_t> values) {
    constexpr std::uint32_t kU64 = 10;
    return test::GgufValue::array(kU64, std::vector<test::GgufValue>(values.begin(), values.end()));
}

TEST(HostileMechanisms, of_indexers_are_refused) {
    const std::string name = "glm5-next.lean", key = "glm5-next.attention.indexer.";
    const std::string places = "blk.0.indexer_compressor_ape.weight", gate = "blk.0.indexer_compressor_gate.weight";
    expect_all({
        {name, "pools that choices are no whole number of", keyed(key + "kpool", 3u), kValue, "over its pools"},
        {name, "pools of nothing", keyed(key + "kpool", 0u), kValue, "over its pools"},
        {name, "no choice", keyed(key + "top_k", 0u), kValue, "0 pools"},
        {name, "more heads", keyed(key + "head_count", 9u), kShape, "blk.0.indexer."},
        {name, "places of smaller pools", reshaped(places, {64, 3}), kShape, places},
        {name, "gates of fewer dimensions", reshaped(gate, {128, 63}), kShape, gate},
        {name, "no gates", without(gate), kMissing, gate},
        {name, "the first tokens see nothing", keyed(key + "kpool_select_tail", false), ErrorCode::unsupported,
         "leaves the first tokens no key"},
    });
}

TEST(HostileMechanisms, of_several_residual_streams_are_refused) {
    const std::string name = "glm5-next.lean", key = "glm5-next.hyper_connection.";
    expect_all({
        {name, "no stream", keyed(key + "count", 0u), kShape, "blk.0.hc_attn_fn.weight"},
        {name, "another number of streams", keyed(key + "count", 3u), kShape, "blk.0.hc_attn_fn.weight"},
        {name, "weights that are not balanced", keyed(key + "sinkhorn_iterations", 0u), kValue, "0 Sinkhorn"},
        {name, "weights that are balanced for hours", keyed(key + "sinkhorn_iterations", 0xFFFFFFFFu), kValue,
         "4294967295 Sinkhorn"},
        {name, "no weights of what is mixed", reshaped("blk.0.hc_attn_scale.weight", {2}), kShape,
         "blk.0.hc_attn_scale.weight"},
    });
}

TEST(HostileMechanisms, of_rows_for_several_tokens_are_refused) {
    const std::string four = "deepseek4.whole", key = "deepseek4.attention.", one = "deepseek41", key1 = "deepseek41.";
    const std::string places = "blk.1.attn_compressor_ape.weight", index = "blk.1.indexer_compressor_kv.weight";
    expect_all({
        {four, "groups that heads do not fill", keyed(key + "output_group_count", 3u), kValue, "heads over groups"},
        {four, "no group", keyed(key + "output_group_count", 0u), kValue, "heads over groups"},
        {four, "more rotated than there is", keyed("deepseek4.rope.dimension_count", 64u), kValue,
         "64 dimensions rotated"},
        {four, "rows of as many tokens as no model has", keyed(key + "compress_ratios", numbers({0, 7, 128, 0})),
         kShape, "blk.1.attn_compressor_"},
        {four, "places of fewer tokens", reshaped(places, {64, 3}), kShape, places},
        {four, "no places", without(places), kMissing, places},
        {four, "no scores", without("blk.1.attn_compressor_gate.weight"), kMissing,
         "blk.1.attn_compressor_gate.weight"},
        {four, "what an indexer compresses is narrower", reshaped(index, {128, 64}), kShape, index},
        {four, "an indexer without heads", keyed(key + "indexer.head_count", 0u), kValue, "0 heads of 64"},
        {four, "an indexer that chooses nothing", keyed(key + "indexer.top_k", 0u), kValue, "chooses 0 rows"},
        {four, "an output of other groups", reshaped("blk.0.attn_output_a.weight", {32, 16, 4}), kShape,
         "blk.0.attn_output_"},
        {four, "experts by the token", keyed("deepseek4.hash_layer_count", 1u), ErrorCode::unsupported,
         "by the token alone"},
        {one, "a layer reads rows that none has", keyed(key1 + "attention.kv_source_layers", numbers({4})), kMissing,
         "blk.4.attn_compressor_kv.weight"},
        {one, "a layer follows a choice that none made", keyed(key1 + "attention.indexer.source_layers", numbers({4})),
         kMissing, "blk.1.attn_compressor_kv.weight"},
        {one, "a layer reads rows of another size", keyed(key1 + "attention.kv_source_layers", numbers({1})), kValue,
         "to read rows of 1 tokens"},
    });
}

Change candidates(std::uint32_t layer, std::uint32_t block, std::uint32_t count) {
    const std::string key = "deepseek41.attention.indexer.candidate_";
    const Change source = keyed(key + "source_layer", static_cast<std::int32_t>(layer));
    return both(source, both(keyed(key + "block_size", block), keyed(key + "top_k_blocks", count)));
}

TEST(HostileMechanisms, of_candidate_blocks_are_refused) {
    expect_all({{"deepseek41", "blocks of no row", candidates(1, 0, 1), kValue, "1 blocks of 0 rows"},
                {"deepseek41", "no block", candidates(1, 2, 0), kValue, "0 blocks of 2 rows"},
                {"deepseek41", "a layer follows one that chooses no block", candidates(2, 2, 1), kValue,
                 "that has no such rows"}});
}

// A later indexer looks into the chosen blocks only; with one block that is the newest.
TEST(HostileMechanisms, rows_outside_the_candidate_blocks_get_nothing) {
    GoldenParts parts = test::golden_parts(test::golden_path("deepseek41"));
    candidates(1, 2, 1)(parts);
    const auto bytes = parts.build(test::Weights::real).bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file));
    trace::AttentionRecorder recorder;
    const std::vector<std::uint32_t> tokens{1, 5, 9, 3, 8, 2, 2, 7, 30, 4, 11, 6};
    session.feed(tokens, recorder, {.last_layer = 3, .logits = false});
    for (std::uint32_t query = 0; query < tokens.size(); ++query) {
        const std::uint32_t seen = (query + 1) / 2, newest = seen == 0 ? 0 : (seen - 1) / 2 * 2;
        const std::vector<float> all = recorder.maps().at(1).compressed_row(0, query);
        const std::vector<float> some = recorder.maps().at(3).compressed_row(0, query);
        ASSERT_EQ(some.size(), tokens.size() / 2);
        for (std::uint32_t row = 0; row < some.size(); ++row) {
            EXPECT_EQ(some[row] > 0.0F, row >= newest && row < seen) << query << ' ' << row;
            EXPECT_EQ(all[row] > 0.0F, row < seen) << query << ' ' << row;
        }
    }
}

TEST(HostileMechanisms, of_n_grams_are_refused) {
    const std::string four = "deepseek41", qwen = "qwen4exp";
    for (const std::string& name : {four, qwen}) {
        const std::string key = name + ".ple.";
        expect_all({
            {name, "a hash to no row", keyed(key + "head_vocab_sizes", long_numbers({61, 0, 57, 55})), kValue,
             "hashed to rows"},
            {name, "a hash to rows that are not there", keyed(key + "head_offsets", long_numbers({0, 61, 120, 1000})),
             kValue, "hashed to rows"},
            {name, "a hash past all rows", keyed(key + "head_offsets", long_numbers({0, 61, 120, ~std::uint64_t{0}})),
             kValue, "hashed to rows"},
            {name, "too few multipliers", keyed(key + "layer_multipliers", long_numbers({1, 2})), kValue,
             "2 multipliers"},
            {name, "n-grams of one token", keyed(key + "ngram_size", 1u), kValue, "n-grams of 1 tokens"},
            {name, "n-grams longer than memory", keyed(key + "ngram_size", 0xFFFFFFFFu), kValue,
             "n-grams of 4294967295"},
            {name, "no table", without("per_layer_token_embd.weight"), kMissing, "per_layer_token_embd.weight"},
        });
    }
    expect_all({
        {four, "a pad that is not mapped", keyed("deepseek41.engram.pad_token_id", 64u), kValue, "pads n-grams"},
        {four, "keys of fewer streams", reshaped("blk.2.engram_kv.weight", {128, 512}), kShape,
         "blk.2.engram_kv.weight"},
        {qwen, "a convolution over fewer channels", reshaped("blk.0.ple_conv1d.weight", {4, 511}), kShape,
         "blk.0.ple_conv1d.weight"},
        {qwen, "streams weighted by nothing", keyed("qwen4exp.hyper_connection.low_rank", 0u), kShape, "hc_"},
        {qwen, "blocks that choices are no whole number of",
         keyed("qwen4exp.attention.compress_ratios", numbers({3, 3, 3, 3})), kValue, "over its blocks"},
    });
}

TEST(HostileMechanisms, of_adapters_are_refused) {
    const std::string name = "graniteswitch", key = "graniteswitch.adapters.";
    const std::string a = "blk.0.attn_q.lora_a", b = "blk.1.ffn_down.lora_b";
    expect_all({
        {name, "fewer calls than adapters", keyed(key + "token_ids_activate", numbers({1, 2})), kValue,
         "2 tokens that call"},
        {name, "a call read as no token", keyed(key + "token_ids_substitute", numbers({64, 64, 64})), kValue,
         "outside the vocabulary"},
        {name, "more adapters", keyed(key + "count", 4u), kValue, "5 adapters"},
        {name, "adapters that cannot be counted", keyed(key + "count", 0xFFFFFFFFu), kValue, "0 adapters"},
        {name, "no rank", keyed(key + "lora_rank", 0u), kShape, ".lora_"},
        {name, "one matrix missing", without(a), kMissing, a},
        {name, "one matrix of fewer adapters", reshaped(b, {4, 128, 3}), kShape, b},
    });
}

// A stack that runs in cycles is unrolled: none of no blocks.
TEST(HostileMechanisms, a_stack_of_no_blocks_or_of_a_million_is_refused) {
    expect_all({{"nanbeige", "no blocks", keyed("nanbeige.block_count", 0U), kValue, "no layers"},
                {"nanbeige", "a million", keyed("nanbeige.block_count", 1048576U), kValue, "more than 512 layers"}});
}

}  // namespace
}  // namespace attnx::forward
