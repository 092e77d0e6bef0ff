// From a row of execution traits, keys and the specification to a plan for every layer.
#include "attnx/model/graph.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "arch/plan_keys.h"
#include "arch/traits.h"
#include "attnx/base/error.h"
#include "attnx/gguf/file.h"
#include "graph_rope.h"

namespace attnx::model {

namespace {

class GraphBuilder {
public:
    GraphBuilder(const gguf::File& file, const ModelSpec& spec, const ComputeTraits& traits)
        : spec_(spec), traits_(traits), keys_(file, spec.architecture), rope_(model_rope(traits, keys_, spec)) {}

    Graph build() {
        graph_.width = spec_.embedding_length;
        graph_.vocabulary = spec_.vocabulary_size;
        graph_.plan = traits_.plan;
        graph_.norm = traits_.norm;
        graph_.norm_epsilon = epsilon();
        graph_.unweighted_norms = traits_.unweighted_norms;
        graph_.names = traits_.names;
        graph_.has_head = traits_.has_head;
        graph_.head_bias = traits_.head_bias;
        for (std::uint32_t i = 0; i < spec_.layer_count; ++i) graph_.layers.push_back(layer(i));
        if (traits_.refine != nullptr) traits_.refine(graph_, keys_, spec_);
        for (auto& l : graph_.layers) {
            if (l.attention.qk_norm_epsilon == 0.0F) {
                l.attention.qk_norm_kind = graph_.norm;
                l.attention.qk_norm_epsilon = graph_.norm_epsilon;
            }
        }
        std::ranges::move(keys_.findings, std::back_inserter(graph_.findings));
        return std::move(graph_);
    }

private:
    float epsilon() {
        const std::string_view key = traits_.norm == NormKind::rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
        return keys_.f32(key).value_or(1e-5F);
    }

    bool has(std::uint32_t layer, std::string_view name) const { return keys_.has_tensor(fmt::format("blk.{}.{}.weight", layer, name)); }

    // The mechanism of a layer follows from the tensors it has.
    LayerKind kind(std::uint32_t i) const {
        if (has(i, "ssm_f_a")) return LayerKind::kda;
        if (has(i, "ssm_alpha") || has(i, "ssm_ba")) return LayerKind::delta;
        if (has(i, "shortconv.conv")) return LayerKind::short_conv;
        if (has(i, "attn_kv_a_mqa")) return LayerKind::mla;
        const bool attention = has(i, "attn_qkv") || has(i, "attn_q") || keys_.has_tensor(fmt::format("enc.blk.{}.attn_q.weight", i));
        if (has(i, "ssm_in")) return attention ? LayerKind::attention_and_ssm : LayerKind::ssm;
        if (has(i, "time_mix_key")) return LayerKind::rwkv;
        return attention || has(i, "attn_output") ? LayerKind::attention : LayerKind::feed_forward;
    }

    LayerPlan layer(std::uint32_t i) {
        LayerPlan plan;
        plan.kind = kind(i);
        plan.weights_of = i;
        plan.attention = attention(i);
        plan.state = state();
        if (plan.kind == LayerKind::mla) latent(i, plan);
        plan.ffn = feed_forward();
        return plan;
    }

    AttentionPlan attention(std::uint32_t i) {
        const LayerSpec& s = spec_.layers[i];
        AttentionPlan a;
        a.heads = s.head_count;
        a.kv_heads = s.head_count_kv;
        a.dim_k = s.head_dim_k;
        a.dim_v = s.head_dim_v;
        a.causal = spec_.causal && traits_.causal;
        if (s.sliding && spec_.window.size != 0) a.window = spec_.window;
        a.score_scale = score_scale(s.head_dim_k, s.rope_dimensions);
        a.scale_queries = traits_.scale_queries;
        a.cached = traits_.causal && traits_.has_head && !spec_.memory.caches.empty();  // embedding models run without
        a.max_alibi_bias = traits_.alibi_key ? keys_.f32_or("attention.max_alibi_bias", 0.0F) : traits_.max_alibi_bias;
        const std::uint32_t leading_dense = keys_.u32("leading_dense_block_count").value_or(0);
        if (spec_.rope.type != RopeType::none && rotates(traits_.rope_layers, spec_, i, leading_dense)) {
            a.rope = s.sliding ? rope_.sliding : rope_.plan;
            a.rope->dimensions = traits_.rope_over_head ? s.head_dim_k : s.rope_dimensions;
        }
        a.qk_norm = traits_.qk_norm;
        if (traits_.clamp_key) a.clamp = positive(keys_.f32("attention.clamp_kqv"));
        a.gate = traits_.gate;
        a.qkv_bias = traits_.qkv_bias;
        a.output_bias = traits_.attention_output_bias;
        a.kv_of_layer = s.kv_shared_with;
        return a;
    }

    static std::optional<float> positive(std::optional<float> value) { return value && *value > 0.0F ? value : std::nullopt; }

    float score_scale(std::uint32_t head_dim, std::uint32_t rope_dim) const {
        const auto inv_sqrt = [](std::uint32_t n) { return n == 0 ? 1.0F : 1.0F / std::sqrt(static_cast<float>(n)); };
        switch (traits_.scale) {
            case ScaleRule::inv_sqrt_head: return inv_sqrt(head_dim);
            case ScaleRule::inv_head: return head_dim == 0 ? 1.0F : 1.0F / static_cast<float>(head_dim);
            case ScaleRule::inv_sqrt_rope: return inv_sqrt(rope_dim);
            case ScaleRule::one: return 1.0F;
            case ScaleRule::yarn_squared: return rope_.score_factor * inv_sqrt(head_dim);
        }
        return 1.0F;
    }

    void latent(std::uint32_t i, LayerPlan& plan) {
        const std::uint32_t head = keys_.u32("attention.key_length_mla").value_or(spec_.layers[i].head_dim_k);
        LatentPlan& l = plan.latent;
        l.rank = keys_.require_u32("attention.kv_lora_rank");
        l.rope_dim = spec_.layers[i].rope_dimensions;
        if (l.rope_dim > head) {
            throw Error(ErrorCode::bad_value, fmt::format("{} rotated dimensions in heads of {}", l.rope_dim, head), {{}, {}, keys_.key("rope.dimension_count")});
        }
        l.nope_dim = head - l.rope_dim;
        l.dim_v = keys_.u32("attention.value_length_mla").value_or(spec_.layers[i].head_dim_v);
        plan.attention.score_scale = score_scale(head, l.rope_dim);
    }

    StatePlan state() {
        StatePlan s;
        s.inner = keys_.u32("ssm.inner_size").value_or(0);
        s.state = keys_.u32("ssm.state_size").value_or(0);
        s.heads = keys_.u32("ssm.time_step_rank").value_or(0);
        s.groups = keys_.u32("ssm.group_count").value_or(0);
        s.kernel = keys_.u32("ssm.conv_kernel").value_or(0);
        s.head_dim = keys_.u32("kda.head_dim").value_or(0);
        return s;
    }

    FfnPlan feed_forward() {
        FfnPlan f;
        f.activation = traits_.activation;
        f.mix = traits_.mix;
        f.biases = traits_.ffn_biases;
        f.experts = experts();
        return f;
    }

    ExpertPlan experts() {
        ExpertPlan e;
        e.count = keys_.u32("expert_count").value_or(0);
        if (e.count == 0) return e;
        e.used = keys_.require_u32("expert_used_count");
        e.groups = keys_.u32("expert_group_count").value_or(0);
        e.groups_used = keys_.u32("expert_group_used_count").value_or(0);
        e.gating = gating();
        e.normalize = traits_.experts.normalize == NormalizeRule::always ||
                      (traits_.experts.normalize == NormalizeRule::key && keys_.boolean("expert_weights_norm").value_or(false));
        if (traits_.experts.scale_key) e.scale = keys_.f32_or("expert_weights_scale", 1.0F);
        e.weight_input = traits_.experts.weight_input;
        e.route_block_input = traits_.experts.route_block_input;
        return e;
    }

    Gating gating() {
        const std::uint32_t key = keys_.u32("expert_gating_func").value_or(0);
        switch (traits_.experts.gating) {
            case GatingRule::softmax: return Gating::softmax;
            case GatingRule::sigmoid: return Gating::sigmoid;
            case GatingRule::softmax_of_chosen: return Gating::softmax_of_chosen;
            case GatingRule::key_or_sigmoid:
                if (key == 0) return Gating::sigmoid;
                break;
            case GatingRule::key_or_softmax:
                if (key == 0) return Gating::softmax;
                break;
            case GatingRule::key: break;
        }
        switch (key) {
            case 1: return Gating::softmax;
            case 2: return Gating::sigmoid;
            case 3: return Gating::softmax_of_chosen;
            case 4: return Gating::sqrt_softplus;
            default: break;
        }
        throw Error(ErrorCode::unsupported, fmt::format("the experts' gating function {} is not executed", key),
                    {{}, {}, keys_.key("expert_gating_func")});
    }

    const ModelSpec& spec_;
    const ComputeTraits& traits_;
    PlanKeys keys_;
    ModelRope rope_;
    Graph graph_;
};

}  // namespace

Graph build_graph(const gguf::File& file, const ModelSpec& spec) {
    const ArchTraits* row = find_arch(spec.architecture);
    if (row == nullptr) {
        throw Error(ErrorCode::unsupported, fmt::format("how architecture {} computes is not known, so it is not executed", spec.architecture),
                    {file.path(), {}, "general.architecture"});
    }
    if (!row->compute.refusal.empty()) {
        throw Error(ErrorCode::unsupported, fmt::format("{} is not executed: {}", spec.architecture, row->compute.refusal), {file.path(), {}, {}});
    }
    if (spec.layer_count == 0 || spec.layers.size() < spec.layer_count) {
        throw Error(ErrorCode::bad_value, "the model has no layers", {file.path(), {}, {}});
    }
    try {
        return GraphBuilder(file, spec, row->compute).build();
    } catch (const Error& error) {
        if (!error.where().path.empty()) throw;
        throw Error(error.code(), error.message(), Where{file.path(), error.where().offset, error.where().name});
    }
}

}  // namespace attnx::model
