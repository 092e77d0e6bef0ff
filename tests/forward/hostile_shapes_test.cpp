// Files that are valid and whose tensors do not go together: each change to a golden model that broke attend once
// (design: attack.md, A), and its kin. All end in an Error that names the tensor, before anything runs; the sanitizer
// build says whether anything was touched that is not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "attnx/trace/attention.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/refusal.h"

namespace attnx::forward {
namespace {

using test::GoldenParts;
using Shape = std::vector<std::uint64_t>;
using Change = std::function<void(GoldenParts&)>;

Change without(std::string name) {
    return [name](GoldenParts& parts) { std::erase_if(parts.tensors, [&](const auto& t) { return t.name == name; }); };
}

Change reshaped(std::string name, Shape shape) {
    return [=](GoldenParts& parts) {
        const auto found =
            std::find_if(parts.tensors.begin(), parts.tensors.end(), [&](const auto& t) { return t.name == name; });
        ASSERT_NE(found, parts.tensors.end()) << name;
        found->shape = shape;
    };
}

Change with(std::string name, Shape shape) {
    return [=](GoldenParts& parts) { parts.tensors.push_back({name, shape, "f32", 0.5F, 0.0F}); };
}

Change keyed(std::string name, test::GgufValue value) {
    return [=](GoldenParts& parts) {
        const auto found =
            std::find_if(parts.metadata.begin(), parts.metadata.end(), [&](const auto& m) { return m.first == name; });
        if (found == parts.metadata.end()) parts.metadata.emplace_back(name, value);
        else found->second = value;
    };
}

Change both(Change a, Change b) {
    return [=](GoldenParts& parts) {
        a(parts);
        b(parts);
    };
}

// Attention's tensors of layer 0; norms stay.
void without_mixer(GoldenParts& parts) {
    std::erase_if(parts.tensors, [](const auto& t) {
        const auto is = [&t](std::string_view start) { return t.name.starts_with("blk.0." + std::string(start)); };
        return is("attn_q") || is("attn_k") || is("attn_v") || is("attn_output.");
    });
}

std::optional<Error> outcome(const std::string& model, const Change& change) {
    GoldenParts parts = test::golden_parts(test::golden_path(model));
    change(parts);
    const auto bytes = parts.build(test::Weights::real).bytes();
    return test::refusal_of([&] {
        const auto file = gguf::File::from_bytes(bytes, "m.gguf");
        Session session(file, model::build_spec(file), {.threads = 2, .context = 8, .causal = {}});
        trace::AttentionRecorder recorder;
        const std::vector<std::uint32_t> tokens{1, 5, 9, 3};
        session.feed(tokens, recorder, {.last_layer = {}, .logits = true});
    });
}

struct Case {
    std::string model;
    const char* what;
    Change change;
    ErrorCode code;
    std::string named;  // in the message
};

constexpr ErrorCode kMissing = ErrorCode::missing_tensor, kShape = ErrorCode::bad_dimensions,
                    kValue = ErrorCode::bad_value;

void expect_all(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        SCOPED_TRACE(c.model + ": " + c.what);
        EXPECT_FALSE(outcome(c.model, [](GoldenParts&) {})) << "the model itself does not run";
        test::expect_refusal(outcome(c.model, c.change), c.code, c.named);
    }
}

TEST(HostileShapes, of_experts_are_refused) {
    const std::string chunks = "blk.0.ffn_down_chexps.weight", gate_up = "blk.0.ffn_gate_up_exps.weight";
    expect_all({
        {"grovemoe", "A1: chunk experts that write past the row", reshaped(chunks, {32, 128 * 64, 2}), kShape, chunks},
        {"grovemoe", "chunk experts that write less", reshaped(chunks, {32, 64, 2}), kShape, chunks},
        {"grovemoe", "A11: experts that chunks do not divide", keyed("grovemoe.experts_per_group", 3u), kShape, chunks},
        {"grovemoe", "chunks of no expert", keyed("grovemoe.experts_per_group", 0u), kShape, chunks},
        {"grovemoe", "fewer experts than the router has", reshaped("blk.0.ffn_up_exps.weight", {128, 64, 3}), kShape,
         "blk.0.ffn_up_exps.weight"},
        {"grovemoe", "a gate of another width", reshaped("blk.0.ffn_gate_exps.weight", {128, 32, 4}), kShape,
         "blk.0.ffn_gate_exps.weight"},
        {"grovemoe", "no matrix down", without("blk.0.ffn_down_exps.weight"), kMissing, "blk.0.ffn_down_exps.weight"},
        {"grovemoe", "a router for other experts", reshaped("blk.0.ffn_gate_inp.weight", {128, 5}), kShape,
         "blk.0.ffn_gate_inp.weight"},
        {"gpt-oss", "biases of fewer experts", reshaped("blk.0.ffn_up_exps.bias", {64, 3}), kShape,
         "blk.0.ffn_up_exps.bias"},
        {"qwen3next", "gate and up in one, of an odd width", reshaped(gate_up, {128, 127, 4}), kShape, gate_up},
        {"qwen3next", "a shared expert's gate for two", reshaped("blk.0.ffn_gate_inp_shexp.weight", {128, 2}), kShape,
         "blk.0.ffn_gate_inp_shexp.weight"},
        {"qwen3next", "a shared expert of another width", reshaped("blk.0.ffn_down_shexp.weight", {64, 64}), kShape,
         "blk.0.ffn_down_shexp.weight"},
        {"grok", "neither a dense network nor a router",
         both(without("blk.0.ffn_up.weight"), without("blk.0.ffn_gate_inp.weight")), kMissing, "blk.0.ffn_up.weight"},
    });
}

TEST(HostileShapes, of_latent_attention_are_refused) {
    const std::string k = "blk.0.attn_k_b.weight", v = "blk.0.attn_v_b.weight";
    expect_all({
        {"deepseek2", "A2: heads of K merged", reshaped(k, {32, 64 * 4}), kShape, k},
        {"deepseek2", "A2: heads of V merged", reshaped(v, {64, 32 * 4}), kShape, v},
        {"deepseek2", "heads and rank exchanged", reshaped(k, {32, 4, 64}), kShape, k},
        {"deepseek2", "K alone", without(v), kMissing, v},
        {"deepseek2", "neither K nor V", both(without(k), without(v)), kMissing, "blk.0.attn_kv_b.weight"},
        {"deepseek2", "a norm of half the rank", reshaped("blk.0.attn_kv_a_norm.weight", {32}), kShape,
         "blk.0.attn_kv_a_norm.weight"},
        {"deepseek2", "no norm of the compressed queries", without("blk.0.attn_q_a_norm.weight"), kMissing,
         "blk.0.attn_q_a_norm.weight"},
        {"deepseek2", "queries compressed to less", reshaped("blk.0.attn_q_a.weight", {128, 40}), kShape,
         "blk.0.attn_q_"},
        {"kimi-linear", "A2: heads of V merged", reshaped(v, {64, 32 * 4}), kShape, v},
    });
}

TEST(HostileShapes, of_recurrent_layers_are_refused) {
    expect_all({
        {"qwen35", "A4: no beta", without("blk.0.ssm_beta.weight"), kMissing, "blk.0.ssm_beta.weight"},
        {"qwen35", "A4: no gate", without("blk.0.attn_gate.weight"), kMissing, "blk.0.attn_gate.weight"},
        {"qwen3next", "A4: no gate", without("blk.0.attn_gate.weight"), kMissing, "blk.0.attn_gate.weight"},
        {"qwen35", "A9: a norm's bias of one number",
         both(without("blk.0.ssm_norm.weight"), with("blk.0.ssm_norm.bias", {1})), kMissing, "blk.0.ssm_norm.weight"},
        {"falcon-h1", "a norm of one group", reshaped("blk.0.ssm_norm.weight", {64, 2}), kShape,
         "blk.0.ssm_norm.weight"},
        {"falcon-h1", "a convolution over fewer channels", reshaped("blk.0.ssm_conv1d.weight", {4, 383}), kShape,
         "blk.0.ssm_conv1d.weight"},
        {"falcon-h1", "no output", without("blk.0.ssm_out.weight"), kMissing, "blk.0.ssm_out.weight"},
        {"jamba", "a selection of fewer states", reshaped("blk.1.ssm_x.weight", {256, 60}), kShape,
         "blk.1.ssm_x.weight"},
        {"jamba", "a norm of fewer states", reshaped("blk.1.ssm_b_norm.weight", {16}), kShape,
         "blk.1.ssm_b_norm.weight"},
        {"jamba", "decays of other states", reshaped("blk.1.ssm_a", {31, 256}), kShape, "blk.1.ssm_"},
        {"kimi-linear", "a decay that does not reach its second matrix", reshaped("blk.1.ssm_f_a.weight", {128, 16}),
         kShape, "blk.1.ssm_f_a.weight"},
        {"kimi-linear", "a convolution of another width", reshaped("blk.1.ssm_conv1d_v.weight", {4, 1, 64}), kShape,
         "blk.1.ssm_conv1d_v.weight"},
        {"kimi-linear", "biases of fewer channels", reshaped("blk.1.ssm_dt.bias", {127}), kShape, "blk.1.ssm_dt.bias"},
        {"kimi-linear", "heads that do not divide the channels", keyed("kimi-linear.kda.head_dim", 31u), kShape,
         "blk.1.attn_q.weight"},
        {"lfm2", "a convolution of fewer channels", reshaped("blk.1.shortconv.conv.weight", {3, 64}), kShape,
         "blk.1.shortconv.conv.weight"},
        {"lfm2", "a projection that has no thirds", reshaped("blk.1.shortconv.in_proj.weight", {128, 383}), kShape,
         "blk.1.shortconv.in_proj.weight"},
    });
}

TEST(HostileShapes, of_attention_are_refused) {
    const std::string norm = "blk.0.attn_q_norm.weight";
    expect_all({
        {"stablelm", "a norm of one number", reshaped(norm, {1}), kShape, norm},
        {"stablelm", "a norm of too few heads", reshaped(norm, {32, 3}), kShape, norm},
        {"llama", "queries of fewer heads", reshaped("blk.0.attn_q.weight", {128, 96}), kShape, "blk.0.attn_q.weight"},
        {"llama", "keys of fewer heads", reshaped("blk.0.attn_k.weight", {128, 32}), kShape, "blk.0.attn_k.weight"},
        {"llama", "values from a narrower stream", reshaped("blk.0.attn_v.weight", {64, 64}), kShape,
         "blk.0.attn_v.weight"},
        {"llama", "an output into a wider stream", reshaped("blk.0.attn_output.weight", {128, 256}), kShape,
         "blk.0.attn_output.weight"},
        {"llama", "a bias of one number", reshaped("blk.0.attn_q.bias", {1}), kShape, "blk.0.attn_q.bias"},
        {"llama", "frequency factors of fewer pairs", reshaped("rope_freqs.weight", {3}), kShape, "rope_freqs.weight"},
        {"gpt-oss", "sinks of fewer heads", reshaped("blk.0.attn_sinks.weight", {3}), kShape,
         "blk.0.attn_sinks.weight"},
        {"bloom", "a fused matrix without values", reshaped("blk.0.attn_qkv.weight", {128, 192}), kShape,
         "blk.0.attn_qkv.weight"},
        {"qwen35", "queries with a gate for one head", reshaped("blk.1.attn_q.weight", {128, 160}), kShape,
         "blk.1.attn_q.weight"},
    });
}

TEST(HostileShapes, of_the_stream_s_ends_are_refused) {
    const std::string per_layer = "per_layer_token_embd.weight";
    expect_all({
        {"gemma4", "A6: one row of embeddings per layer", reshaped(per_layer, {320, 1}), kShape, per_layer},
        {"gemma4", "embeddings of fewer layers", reshaped(per_layer, {256, 64}), kShape, per_layer},
        {"gemma4", "no gate for them", without("blk.1.inp_gate.weight"), kMissing, "blk.1.inp_gate.weight"},
        {"gemma4", "a projection back of another width", reshaped("blk.1.proj.weight", {32, 128}), kShape,
         "blk.1.proj.weight"},
        {"gemma4", "a scale of two numbers", reshaped("blk.0.layer_output_scale.weight", {2}), kShape,
         "blk.0.layer_output_scale.weight"},
        {"llama", "a head for fewer tokens", reshaped("output.weight", {128, 63}), kShape, "output.weight"},
        {"llama", "a head from a narrower stream", reshaped("output.weight", {64, 64}), kShape, "output.weight"},
        {"llama", "an output norm of another width", reshaped("output_norm.weight", {256}), kShape,
         "output_norm.weight"},
        {"llama", "a table of another width", reshaped("token_embd.weight", {64, 64}), kShape, "token_embd.weight"},
        {"llama", "a feed-forward network of another width", reshaped("blk.0.ffn_up.weight", {128, 63}), kShape,
         "blk.0.ffn_"},
        {"llama", "no feed-forward network", both(without("blk.0.ffn_up.weight"), without("blk.0.ffn_down.weight")),
         kMissing, "blk.0.ffn_up.weight"},
        {"bert", "types of another width", reshaped("token_types.weight", {64, 2}), kShape, "token_types.weight"},
        {"bert", "positions of another width", reshaped("position_embd.weight", {64, 4096}), kShape,
         "position_embd.weight"},
        {"bert", "fewer positions than tokens", reshaped("position_embd.weight", {128, 3}), kShape,
         "position_embd.weight"},
        {"bert", "no norm after attention", without("blk.0.attn_output_norm.weight"), kMissing,
         "blk.0.attn_output_norm.weight"},
    });
}

// A9: a bias where the architecture knows none, in the place of a norm it can do without. llama.cpp refuses such a
// file; here what is superfluous is named and never read.
TEST(HostileShapes, tensors_that_the_architecture_does_not_have_are_not_bound) {
    for (const auto& [model, stem] : {std::pair("falcon-h1", "ssm_norm"), std::pair("stablelm", "attn_q_norm")}) {
        const std::string name = std::string("blk.0.") + stem;
        const Change change = both(without(name + ".weight"), with(name + ".bias", {1}));
        GoldenParts parts = test::golden_parts(test::golden_path(model));
        change(parts);
        const auto bytes = parts.build(test::Weights::real).bytes();
        const auto file = gguf::File::from_bytes(bytes, "m.gguf");
        const model::TensorPlan plan = model::build_spec(file).tensors;
        ASSERT_EQ(plan.superfluous.size(), 1U) << model;
        EXPECT_EQ(file.tensors()[plan.superfluous[0]].name, name + ".bias");
        ASSERT_TRUE(plan.refusal);
        EXPECT_EQ(plan.refusal->name, name + ".bias");
        EXPECT_FALSE(outcome(model, change)) << model;
    }
}

TEST(HostileShapes, layers_that_mix_no_tokens_are_refused) {
    for (const char* model : {"phi2", "command-r", "bert", "llama", "glm4", "stablelm"}) {
        const std::string blocks = std::string(model) + ".block_count";
        expect_all({{model, "A5: a layer without its mixer", without_mixer, kMissing, "blk.0.attn_q"},
                    {model, "A5: more layers than there are", keyed(blocks, 3u), kMissing, "blk."}});
    }
}

}  // namespace
}  // namespace attnx::forward
