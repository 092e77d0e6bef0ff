// Decoders of Llama's outline from other houses: rotary positions, RMS or layer norm, gated feed-forward.
//
// PLaMo 3 and Mellum slide only when attention.sliding_window is positive; in Mellum the pattern is a period
// or one flag per layer (models/plamo3.cpp:5-14, models/mellum.cpp:6-25). OpenELM has per-layer head
// counts. Refact adds ALiBi.
#include <fmt/format.h>

#include <cmath>

#include "attnx/base/error.h"
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

// llama.cpp loads a mixture of experts, but its graph has silu(x) in the place of the dense network that is
// not there.
void leave_out_experts(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    if (keys.u32("expert_count").value_or(0) == 0) return;
    for (LayerPlan& layer : graph.layers) layer.ffn.silu_for_experts = true;
    graph.findings.push_back(
        {FindingId::key_ignored,
         fmt::format("{}: llama.cpp loads the experts and computes without them, and so does attnx; "
                     "no model was trained that way",
                     keys.key("expert_count"))});
}

void minicpm(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    graph.embedding_scale = keys.f32_or("embedding_scale", 12.0F);
    graph.residual_scale = keys.f32_or("residual_scale", 1.4F / std::sqrt(static_cast<float>(spec.layer_count)));
    graph.logit_scale = 1.0F / keys.f32_or("logit_scale", 256.0F / static_cast<float>(graph.width));
}

// Only the 32-layer model rotates, the 40-layer one has ALiBi; others have neither in llama.cpp.
void rotate_when_small(Draft& draft, Hparams& hparams) {
    draft.rotates = draft.layer_count_all == 32;
    if (!draft.rotates) hparams.fact("rope/layers", "none", Source::architecture, "only the 32-layer model rotates");
}

void alibi_when_large(Graph& graph, PlanKeys&, const ModelSpec& spec) {
    if (spec.layer_count != 40) return;
    for (auto& layer : graph.layers) layer.attention.max_alibi_bias = 8.0F;
}

// The embedding, normalised, is added again after each block, weighted per layer.
void talkie(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.logit_scale = keys.require_f32("logit_scale");
    graph.skip_from_embedding = true;
    graph.unweighted_embedding_norm = true;
}

// Two stacks of blocks run in cycles: h times (l times the low stack, then the high one). block_count counts the
// passes, each of which keeps K and V of its own.
void count_passes(Draft& draft, Hparams& hparams) {
    const auto size = [&](std::string_view suffix) {
        const std::uint32_t value = hparams.u32(suffix).value_or(1);
        if (value == 0) hparams.refuse(fmt::format("{} is 0", suffix), hparams.key(suffix));
        return std::uint64_t{value};
    };
    const std::uint64_t stack = size("hrm.layers_per_stack"), high = size("hrm.h_cycles"), low = size("hrm.l_cycles");
    constexpr std::uint64_t kMost = 512;
    const bool fits = stack <= kMost && high <= kMost && low <= kMost;
    if (!fits || draft.trunk_layers() != stack * high * (low + 1))
        return hparams.refuse(fmt::format("block_count is {}, but {} x {} x ({} + 1) layers are run",
                                          draft.trunk_layers(), stack, high, low),
                              hparams.key("block_count"));
    draft.block_count = static_cast<std::uint32_t>(2 * stack);
}

// V of a mixture of matrices is as wide as any other.
void k2_horizon(Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kMaxExperts = 1024;
    if (draft.expert_count > 0) hparams.require("expert_feed_forward_length");
    const std::uint32_t experts = hparams.u32("attention.value_expert_count").value_or(0);
    const std::uint32_t used = hparams.u32("attention.value_expert_used_count").value_or(0);
    if (experts > kMaxExperts || used > experts || (experts > 0) != (used > 0))
        hparams.refuse(fmt::format("{} of {} value experts", used, experts),
                       hparams.key("attention.value_expert_used_count"));
}

void sensenova_u1(Draft& draft, Hparams& hparams) {
    if (draft.head_k % 4 != 0 || draft.head_v != draft.head_k)
        hparams.refuse(
            fmt::format("heads of {} and {}: they must be alike and divisible by four", draft.head_k, draft.head_v));
}

void run_in_cycles(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    const Cycles cycles{keys.require_u32("hrm.layers_per_stack"), keys.require_u32("hrm.h_cycles"),
                        keys.require_u32("hrm.l_cycles")};
    if (cycles.stack_layers == 0 || cycles.low > graph.layers.size())
        throw Error(ErrorCode::bad_value, fmt::format("{} passes over stacks of {} blocks cannot be executed",
                                                      cycles.low, cycles.stack_layers));
    graph.cycles = cycles;
    graph.embedding_scale = keys.f32_or("embedding_scale", 1.0F);
    graph.output_norm = false;
    for (std::uint32_t slot = 0; slot < graph.layers.size(); ++slot) {
        const bool high = slot / cycles.stack_layers % (cycles.low + 1) == cycles.low;
        graph.layers[slot].weights_of = slot % cycles.stack_layers + (high ? cycles.stack_layers : 0);
    }
}

void k2_horizon_graph(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.norm_groups = std::max(1U, keys.u32("attention.group_norm_groups").value_or(1));
    for (auto& layer : graph.layers) {
        AttentionPlan& a = layer.attention;
        a.qk_norm_by_head = true;
        a.value_experts = layer.ffn.experts;
        a.value_experts.count = keys.u32("attention.value_expert_count").value_or(0);
        a.value_experts.used = keys.u32("attention.value_expert_used_count").value_or(0);
        a.value_experts.groups = a.value_experts.groups_used = 0;
    }
}

void norm_by_halves(Graph& graph, PlanKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers) layer.attention.qk_norm_parts = 2;
}

constexpr ArchTraits kLlamaKinRows[] = {
    {.name = "baichuan",
     .title = "Baichuan",
     .tensors = xverse_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .refine = rotate_when_small,
     .compute = {.attention_output_bias = false, .refine = alibi_when_large}},
    {.name = "xverse", .title = "XVERSE", .tensors = xverse_tensors, .rope = RopeType::norm, .needs = rms},
    {.name = "internlm2", .title = "InternLM 2", .tensors = xverse_tensors, .rope = RopeType::norm, .needs = rms},
    {.name = "orion",
     .title = "Orion",
     .tensors = orion_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .attention_output_bias = false, .ffn_biases = false}},
    {.name = "minicpm",
     .title = "MiniCPM",
     .tensors = llama_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {embedding_scale, residual_scale, logit_scale},
     .compute = {.refine = minicpm}},
    {.name = "seed_oss",
     .title = "Seed-OSS",
     .tensors = seed_oss_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.names = {.after_mixer = Stem::unknown, .before_ffn = Stem::post_attention_norm}}},
    {.name = "talkie",
     .title = "Talkie",
     .tensors = talkie_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{logit_scale},
     .compute = {.unweighted_norms = true, .qk_norm = QkNorm::after_rope_q_weighted, .refine = talkie}},
    {.name = "mellum",
     .title = "Mellum",
     .tensors = mellum_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = {expert_gating_func, expert_weights_norm},
     .window = {.when = WindowWhen::key_positive, .period = 4, .rope = SlidingRope::own_unscaled},
     .compute = {.experts = {GatingRule::key_or_softmax, NormalizeRule::key_or_always}}},
    {.name = "bitnet", .title = "BitNet", .tensors = bitnet_tensors, .rope = RopeType::neox, .needs = rms},
    {.name = "plamo",
     .title = "PLaMo",
     .tensors = plamo_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute =
         {.plan = BlockPlan::parallel, .rope_over_head = true, .attention_output_bias = false, .ffn_biases = false}},
    {.name = "plamo3",
     .title = "PLaMo 3",
     .tensors = plamo3_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .window = {.when = WindowWhen::key_positive, .period = 8},
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "refact",
     .title = "Refact",
     .tensors = llama_tensors,
     .rope = RopeType::none,
     .needs = rms,
     .compute = {.rope_layers = RopeLayers::none,
                 .max_alibi_bias = 8.0F,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .refine = leave_out_experts}},
    {.name = "hrm_text",
     .title = "HRM Text",
     .tensors = hrm_text_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{hrm_layers_per_stack, hrm_h_cycles, hrm_l_cycles},
     .reads = {embedding_scale, hrm_prefix_lm},
     .refine = count_passes,
     .compute =
         {.unweighted_norms = true, .attention_output_bias = false, .ffn_biases = false, .refine = run_in_cycles}},
    {.name = "k2-horizon",
     .title = "K2 Horizon",
     .tensors = k2_horizon_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = expert_scoring | KeySet{yarn_beta_fast, yarn_beta_slow, group_norm_groups, expert_feed_forward_length,
                                      leading_dense_block_count, moe_every_n_layers, expert_shared_count,
                                      expert_shared_feed_forward_length, value_expert_count, value_expert_used_count},
     .refine = k2_horizon,
     .compute = {.gate = OutputGate::softplus_2,
                 .ffn_biases = false,
                 .experts = kByKeysOrSigmoid,
                 .refine = k2_horizon_graph}},
    {.name = "pockettts",
     .title = "Pocket TTS",
     .tensors = pockettts_tensors,
     .rope = RopeType::norm,
     .needs = norm,
     .compute = {.norm = NormKind::layer, .activation = Activation::gelu}},
    {.name = "sensenova_u1",
     .title = "SenseNova U1",
     .tensors = sensenova_u1_tensors,
     .rope = RopeType::mrope,
     .needs = rms | KeySet{rope_freq_base_spatial},
     .refine = sensenova_u1,
     .compute = {.rope_half = true, .ffn_biases = false, .refine = norm_by_halves}},
    {.name = "openelm",
     .title = "OpenELM",
     .tensors = openelm_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
};

}  // namespace

std::span<const ArchTraits> llama_kin_family() { return kLlamaKinRows; }

}  // namespace attnx::model
